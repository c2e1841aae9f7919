package io.kvcache.tier;

import io.kvcache.ChunkKey;
import io.kvcache.ChunkView;
import io.kvcache.GroupKind;
import io.kvcache.KvLayout;
import io.kvcache.KvSink;
import io.kvcache.LayoutGroup;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import io.kvcache.ShortenedBy;
import io.kvcache.Tier;
import io.kvcache.store.ChunkDirectory;
import io.kvcache.store.ImageDescriptor;
import io.kvcache.store.ReadOutcome;
import io.kvcache.store.StoredChunk;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;

/**
 * A lease over images that are pinned in DRAM, some of them still being read.
 *
 * <p>Everything goes through one step, {@link #settle}: find the longest allowed cut within a
 * limit, pin or start reading the images that it needs and are not held, let go of those that it
 * does not. Taking the lease settles within what was found; {@link #limit} and an image that fails
 * settle again within less. An image that failed is ruled out for this lease, so settling ends.
 *
 * <p><b>Concurrency.</b> Its methods hold its monitor, so a restore and a close of two threads
 * never run together; {@code closed} is set before the monitor is asked for, and a restore looks at
 * it before each row. No other lock is held while waiting for a read or running the engine's code.
 */
final class TieredLease implements PrefixLease {
  private final TieredKvCache cache;
  private final SlotTier dram;
  private final KvLayout layout;
  private final PromptKeys keys;
  private final AllowedCuts cuts;
  private final PrefixLookup lookup;
  private final ResidentImage[][] held;
  private final BitSet[] failed;
  private final BitSet fromStore = new BitSet();
  private final BitSet[] shown;

  /** Images that a shorter cut does not need, but whose rows the engine may still read. */
  private final List<ResidentImage> lent = new ArrayList<>();

  /** Whether everything that the cut needs is known to be there. */
  private boolean loaded;

  /** Whether the engine's sink is being called. */
  private boolean delivering;

  private volatile boolean closed;
  private boolean released;
  private int chunks;
  private ShortenedBy shortenedBy = ShortenedBy.NOTHING;

  private TieredLease(TieredKvCache cache, PromptKeys keys) {
    this.cache = cache;
    this.dram = cache.dram;
    this.layout = cache.layout;
    this.keys = keys;
    this.cuts = new AllowedCuts(layout, keys.tokens());
    this.lookup = new PrefixLookup(cache, keys, cuts);
    this.held = new ResidentImage[layout.groups().size()][keys.chunks()];
    this.failed = new BitSet[held.length];
    this.shown = new BitSet[held.length];
    for (int g = 0; g < held.length; g++) {
      failed[g] = new BitSet();
      shown[g] = new BitSet();
    }
  }

  static TieredLease open(TieredKvCache cache, PromptKeys keys) {
    TieredLease lease = new TieredLease(cache, keys);
    cache.counters.acquired(keys.tokens());
    boolean opened = false;
    try {
      lease.take();
      opened = true;
    } finally {
      if (!opened) {
        lease.close();
      }
    }
    return lease;
  }

  private synchronized void take() {
    int resident = keys.chunks();
    for (int group : cache.fullGroups) {
      resident = dram.pinLeading(keys, group, 0, resident, held[group]);
    }
    for (int group : cache.fullGroups) {
      for (int i = 0; i < resident; i++) {
        noteIfReading(group, i);
      }
    }
    PrefixLookup.Found found = lookup.longest(resident);
    int cut = holdLongest(found.cut());
    // Before anything is let go: what was read for a cut that has no room leaves deepest first too.
    for (int g = 0; g < held.length; g++) {
      dram.used(g, held[g], 0, held[g].length);
    }
    settleOn(cut);
    if (chunks < found.cut()) {
      shortenedBy = ShortenedBy.NO_ROOM;
    } else if (chunks == cuts.mostChunks()) {
      shortenedBy = ShortenedBy.NOTHING;
    } else if (!found.answered()) {
      shortenedBy =
          Thread.currentThread().isInterrupted() ? ShortenedBy.INTERRUPTED : ShortenedBy.TIER_DOWN;
    } else {
      shortenedBy = chunks < found.reachable() ? ShortenedBy.NO_CUT : ShortenedBy.MISS;
    }
    tokensByTier().forEach(cache.counters::hit);
    stamp();
  }

  /** Holds the longest allowed cut of at most {@code limit} chunks, and nothing else. */
  private void settle(int limit) {
    settleOn(holdLongest(limit));
  }

  private int holdLongest(int limit) {
    int cut = limit;
    while (true) {
      cut = lookup.longestWithin(cut, (group, chunk) -> !failed[group].get(chunk));
      int holdable = hold(cut);
      if (holdable == cut) {
        return cut;
      }
      cut = holdable;
    }
  }

  private void settleOn(int cut) {
    for (int g = 0; g < held.length; g++) {
      int end = cuts.endNeeded(g, cut);
      giveBack(g, 0, Math.min(end, cuts.firstNeeded(g, cut)));
      giveBack(g, end, held[g].length);
    }
    chunks = cut;
    loaded = false;
  }

  /**
   * Unpins what nobody has seen. Rows that were handed out stay as they are until close: a view, or
   * an asynchronous copy that a sink started, may still read them.
   */
  private void giveBack(int group, int from, int to) {
    BitSet seen = shown[group];
    for (int i = seen.nextSetBit(from); i >= 0 && i < to; i = seen.nextSetBit(i + 1)) {
      if (held[group][i] != null) {
        lent.add(held[group][i]);
        held[group][i] = null;
      }
    }
    seen.clear(from, Math.max(from, to));
    dram.unpin(held[group], from, to);
  }

  /**
   * Pins what a cut needs; returns the cut, or how many chunks to try instead. Full groups first,
   * in whatever order they were declared: they say how far the room reaches, and a window or state
   * that was pinned for a longer cut would take the slots of the one that is possible.
   */
  private int hold(int cut) {
    for (GroupKind kind : GroupKind.values()) {
      for (int g = 0; g < held.length; g++) {
        if (layout.groups().get(g).kind() != kind) {
          continue;
        }
        int end = cuts.endNeeded(g, cut);
        for (int i = cuts.firstNeeded(g, cut); i < end; i++) {
          if (held[g][i] == null && !hold(g, i)) {
            return kind == GroupKind.FULL ? i : cut - 1;
          }
        }
      }
    }
    return cut;
  }

  private boolean hold(int group, int i) {
    if (cache.directory.isEmpty()) {
      held[group][i] = dram.pin(StoredChunk.of(keys, i), group);
    } else {
      held[group][i] =
          dram.pinOrLoad(
              StoredChunk.of(keys, i),
              group,
              (chunk, slot) -> {
                // Said here, since a fast read may have ended before anybody could look.
                fromStore.set(i);
                return cache.load(chunk, slot);
              });
    }
    noteIfReading(group, i);
    return held[group][i] != null;
  }

  /** A chunk whose read another lease has started comes from the store for this one too. */
  private void noteIfReading(int group, int i) {
    if (held[group][i] != null && !held[group][i].isReady()) {
      fromStore.set(i);
    }
  }

  /** Renews the store's last-use stamps that are due, deepest chunk first. */
  private void stamp() {
    if (cache.directory.isEmpty() || chunks == 0) {
      return;
    }
    ChunkDirectory directory = cache.directory.get();
    long now = System.currentTimeMillis();
    List<ChunkDirectory.Stamp> due = new ArrayList<>(0);
    for (int i = chunks - 1; i >= 0; i--) {
      for (ResidentImage[] group : held) {
        ResidentImage image = group[i];
        if (image != null
            && image.isPersisted()
            && now - image.stampedAt >= directory.stampIntervalMillis()) {
          image.stampedAt = now;
          due.add(new ChunkDirectory.Stamp(image.chunk, image.group(), image::copyIsGone));
        }
      }
    }
    if (!due.isEmpty()) {
      directory.stamp(due);
    }
  }

  @Override
  public synchronized int tokens() {
    checkOpen();
    return cuts.tokens(chunks);
  }

  @Override
  public synchronized int chunks() {
    checkOpen();
    return chunks;
  }

  @Override
  public synchronized Map<Tier, Integer> tokensByTier() {
    checkOpen();
    int store = 0;
    for (int i = fromStore.nextSetBit(0); i >= 0 && i < chunks; i = fromStore.nextSetBit(i + 1)) {
      store += cuts.tokens(i + 1) - cuts.tokens(i);
    }
    Map<Tier, Integer> tokens = new EnumMap<>(Tier.class);
    int inDram = cuts.tokens(chunks) - store;
    if (inDram > 0) {
      tokens.put(Tier.DRAM, inDram);
    }
    if (store > 0) {
      tokens.put(Tier.STORE, store);
    }
    return tokens;
  }

  @Override
  public synchronized ShortenedBy shortenedBy() {
    checkOpen();
    return shortenedBy;
  }

  @Override
  public synchronized int awaitLoaded() {
    checkUsable();
    if (!loaded) {
      deliver((group, i) -> {});
    }
    return cuts.tokens(chunks);
  }

  @Override
  public synchronized int restore(KvSink sink) {
    Objects.requireNonNull(sink, "sink");
    deliver((group, i) -> write(group, i, sink));
    cache.counters.restored(cuts.tokens(chunks));
    return cuts.tokens(chunks);
  }

  private interface Delivery {
    void deliver(int group, int chunk);
  }

  /**
   * Goes over the images that the cut needs, full groups first, then window, then state, each image
   * once. Where one fails, the lease settles for less and the walk starts over for what is new.
   */
  private void deliver(Delivery delivery) {
    checkUsable();
    delivering = true;
    try {
      deliverOnce(delivery);
      loaded = true;
    } finally {
      delivering = false;
    }
  }

  private void deliverOnce(Delivery delivery) {
    BitSet[] done = new BitSet[held.length];
    for (int g = 0; g < done.length; g++) {
      done[g] = new BitSet();
    }
    while (!deliverAll(delivery, done)) {
      checkOpen();
    }
  }

  private boolean deliverAll(Delivery delivery, BitSet[] done) {
    for (GroupKind kind : GroupKind.values()) {
      for (int g = 0; g < held.length; g++) {
        if (layout.groups().get(g).kind() != kind) {
          continue;
        }
        int end = cuts.endNeeded(g, chunks);
        for (int i = cuts.firstNeeded(g, chunks); i < end; i++) {
          if (done[g].get(i)) {
            continue;
          }
          checkOpen();
          ShortenedBy trouble = await(held[g][i]);
          if (trouble != null) {
            failed[g].set(i);
            settle(kind == GroupKind.FULL ? i : chunks);
            shortenedBy = trouble;
            return false;
          }
          delivery.deliver(g, i);
          done[g].set(i);
        }
      }
    }
    return true;
  }

  /** Waits for an image; null if it is there, else why it is not. */
  private static ShortenedBy await(ResidentImage image) {
    try {
      ReadOutcome outcome = image.loaded.get();
      return switch (outcome) {
        case OK -> null;
        case MISSING -> ShortenedBy.MISS;
        case CORRUPT -> ShortenedBy.CORRUPT;
        case IO_ERROR, CANCELLED -> ShortenedBy.IO_ERROR;
        case TIMED_OUT -> ShortenedBy.DEADLINE;
        case TIER_DOWN -> ShortenedBy.TIER_DOWN;
      };
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return image.isReady() ? null : ShortenedBy.INTERRUPTED;
    } catch (ExecutionException e) {
      throw new IllegalStateException("reads do not fail", e);
    }
  }

  private void write(int group, int i, KvSink sink) {
    LayoutGroup g = layout.groups().get(group);
    int tokens = layout.chunkTokens();
    for (int l = 0; l < g.layerCount(); l++) {
      for (int part = 0; part < g.parts().size(); part++) {
        checkOpen();
        sink.write(g.layer(l), part, i * tokens, tokens, rows(group, i, l, part));
      }
    }
  }

  private ByteBuffer rows(int group, int i, int layerIndex, int part) {
    shown[group].set(i);
    ImageDescriptor descriptor = cache.namespace.image(group);
    return held[group][i]
        .slot
        .bytes()
        .slice(descriptor.partOffset(layerIndex, part), descriptor.partBytes(part))
        .asReadOnlyBuffer()
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public synchronized ChunkView chunk(int i) {
    awaitLoaded();
    if (i < 0 || i >= chunks) {
      throw new IndexOutOfBoundsException(
          "chunk " + i + " of a lease of " + chunks + " chunks (" + shortenedBy + ")");
    }
    return new View(i);
  }

  private final class View implements ChunkView {
    private final int i;

    View(int i) {
      this.i = i;
    }

    @Override
    public Tier tier() {
      return fromStore.get(i) ? Tier.STORE : Tier.DRAM;
    }

    @Override
    public int from() {
      return i * layout.chunkTokens();
    }

    @Override
    public int count() {
      return layout.chunkTokens();
    }

    @Override
    public ChunkKey key() {
      return keys.chunk(i);
    }

    @Override
    public ByteBuffer rows(int layer, int part) {
      synchronized (TieredLease.this) {
        checkOpen();
        int group = layout.groupOf(layer);
        LayoutGroup g = layout.groups().get(group);
        if (part < 0 || part >= g.parts().size()) {
          throw new IllegalArgumentException(
              "part " + part + " of layer " + layer + ": it has " + g.parts().size());
        }
        if (held[group][i] == null) {
          throw new IllegalStateException(
              "a cut at "
                  + cuts.tokens(chunks)
                  + " tokens needs no "
                  + g.kind().label()
                  + " rows of chunk "
                  + i);
        }
        return TieredLease.this.rows(group, i, g.indexOf(layer), part);
      }
    }
  }

  @Override
  public synchronized int limit(int tokens) {
    checkUsable();
    if (tokens < 0) {
      throw new IllegalArgumentException("limit(" + tokens + "): 0 or more tokens");
    }
    if (tokens < cuts.tokens(chunks)) {
      settle(tokens / layout.chunkTokens());
      shortenedBy = ShortenedBy.LIMIT;
    }
    return cuts.tokens(chunks);
  }

  private void checkUsable() {
    checkOpen();
    if (delivering) {
      throw new IllegalStateException(
          "the lease is being restored: a sink may close it, and do nothing else with it");
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the lease is closed: acquire another one");
    }
  }

  @Override
  public void close() {
    closed = true;
    synchronized (this) {
      if (released) {
        return;
      }
      released = true;
      for (ResidentImage[] group : held) {
        dram.unpin(group, 0, group.length);
      }
      lent.forEach(dram::unpin);
      lent.clear();
      cache.counters.leaseClosed(shortenedBy);
    }
  }
}
