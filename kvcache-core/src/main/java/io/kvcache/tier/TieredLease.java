package io.kvcache.tier;

import io.kvcache.ChunkKey;
import io.kvcache.ChunkView;
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
import io.netty.util.ResourceLeakTracker;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A lease over a cut of a prompt. What of it is in DRAM is pinned when the lease is taken, and as
 * much of the rest as there is room for is being read; {@link Restore} streams what did not fit.
 *
 * <p>Whenever the cut changes ({@link PrefixLease#limit}, an image that fails), the lease settles:
 * it finds the longest allowed cut within the new bound and lets go of what that does not need. An
 * image that failed is ruled out for this lease, so settling ends.
 *
 * <p><b>Concurrency.</b> Its methods hold its monitor, so a restore and a close of two threads
 * never run together; {@code closed} is set and {@code stopped} completed before the monitor is
 * asked for, so that a restore neither waits on nor gives another row. No other lock is held while
 * waiting for a read or running the engine's code.
 */
final class TieredLease implements PrefixLease {
  private static final Tier[] TIERS = Tier.values();

  final TieredKvCache cache;
  final AllowedCuts cuts;
  final LeaseImages images;
  private final KvLayout layout;
  private final PromptKeys keys;
  private final PrefixLookup lookup;
  private final BitSet[] failed;

  /** Completes when the lease is closed. */
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();

  /** Whether everything that the cut needs is known to be held and there. */
  private boolean loaded;

  /** Whether the engine's sink is being called. */
  private boolean delivering;

  /** Null unless leaks are reported. */
  private final ResourceLeakTracker<Object> leak;

  private volatile boolean closed;
  private boolean released;

  /** Whether it was handed out: one that was cancelled before says nothing about hits. */
  private boolean taken;

  private final long askedAt = System.nanoTime();
  private int chunks;
  private ShortenedBy shortenedBy = ShortenedBy.NOTHING;

  private TieredLease(TieredKvCache cache, PromptKeys keys) {
    this.cache = cache;
    this.layout = cache.layout;
    this.keys = keys;
    this.cuts = new AllowedCuts(layout, keys.tokens());
    this.lookup = new PrefixLookup(cache, keys, cuts);
    this.images = new LeaseImages(cache, keys);
    this.failed = new BitSet[layout.groups().size()];
    for (int g = 0; g < failed.length; g++) {
      failed[g] = new BitSet();
    }
    this.leak = cache.leaks.map(leaks -> leaks.watch(this)).orElse(null);
    cache.counters.leaseOpened();
  }

  static TieredLease open(TieredKvCache cache, PromptKeys keys) {
    TieredLease lease = new TieredLease(cache, keys);
    boolean opened = false;
    try {
      Patience patience = new Patience(cache.lookupTimeout, lease.stopped);
      int resident = lease.pinResident();
      lease.take(resident, lease.lookup.longest(resident, patience), patience);
      opened = true;
    } finally {
      if (!opened) {
        lease.close();
      }
    }
    return lease;
  }

  /**
   * As {@link #open}, without keeping the caller: the store is asked, and reads begin, while the
   * request queues. A result that was cancelled meanwhile closes the lease.
   */
  static CompletableFuture<PrefixLease> openAsync(TieredKvCache cache, PromptKeys keys) {
    TieredLease lease = new TieredLease(cache, keys);
    CompletableFuture<PrefixLease> result = new CompletableFuture<>();
    result.whenComplete(
        (opened, failure) -> {
          if (failure != null) {
            lease.close();
          }
        });
    try {
      Patience patience = new Patience(cache.lookupTimeout, lease.stopped);
      int resident = lease.pinResident();
      lease
          .lookup
          .longestAsync(resident, patience)
          .thenAcceptAsync(
              found -> {
                lease.take(resident, found, patience);
                result.complete(lease);
              },
              cache.callbacks)
          .whenComplete(
              (done, failure) -> {
                if (failure != null) {
                  result.completeExceptionally(failure);
                }
              });
    } catch (RuntimeException | Error e) {
      lease.close();
      throw e;
    }
    return result;
  }

  private synchronized int pinResident() {
    return images.pinLeading();
  }

  private synchronized void take(int resident, PrefixLookup.Found found, Patience patience) {
    if (released) {
      // Cancelled while the store was asked.
      return;
    }
    chunks = found.cut();
    images.holdWhatFits(cuts, chunks);
    if (cache.directory.isEmpty()) {
      requireHeld(patience);
    }
    images.noteMissing(resident, chunks);
    // Before anything is let go: what was read for a longer cut leaves deepest first too.
    images.used();
    images.keep(cuts, chunks);
    images.pinOnDevice(cuts, chunks);
    if (chunks < found.cut()) {
      shortenedBy = ShortenedBy.MISS;
    } else if (chunks == cuts.mostChunks()) {
      shortenedBy = ShortenedBy.NOTHING;
    } else if (found.trouble() != null) {
      shortenedBy = found.trouble();
    } else {
      shortenedBy = chunks < found.reachable() ? ShortenedBy.NO_CUT : ShortenedBy.MISS;
    }
    countHits();
    taken = true;
    cache.counters.acquired(keys.tokens(), System.nanoTime() - askedAt);
    stamp();
  }

  /** Without a store nothing can be read later: what was evicted since it was found is lost. */
  private void requireHeld(Patience patience) {
    int holdable = images.holdAll(cuts, chunks);
    while (holdable < chunks) {
      chunks = longestWithin(holdable, patience);
      holdable = images.holdAll(cuts, chunks);
    }
  }

  private int longestWithin(int limit, Patience patience) {
    return lookup.longestWithin(limit, (group, chunk) -> !failed[group].get(chunk), patience);
  }

  /** Falls to the longest allowed cut of at most {@code limit} chunks. */
  private void settle(int limit, ShortenedBy reason, Patience patience) {
    chunks = longestWithin(limit, patience);
    if (cache.directory.isEmpty()) {
      requireHeld(patience);
    }
    images.keep(cuts, chunks);
    shortenedBy = reason;
    loaded = false;
  }

  /** An image that the cut needs cannot be had: goes on with less. */
  void fallShort(int group, int i, ShortenedBy trouble, Patience patience) {
    failed[group].set(i);
    if (images.holds(group, i)) {
      images.drop(group, i);
    }
    settle(cache.isFull(group) ? i : chunks, trouble, patience);
  }

  /**
   * Renews the store's last-use stamps that are due, deepest chunk first; also those of chunks that
   * are yet to be streamed.
   */
  private void stamp() {
    if (cache.directory.isEmpty() || chunks == 0) {
      return;
    }
    ChunkDirectory directory = cache.directory.get();
    long now = System.currentTimeMillis();
    List<ChunkDirectory.Stamp> due = new ArrayList<>(0);
    for (int i = chunks - 1; i >= 0; i--) {
      for (int g : cache.deliveryOrder) {
        if (i < cuts.firstNeeded(g, chunks) || i >= cuts.endNeeded(g, chunks)) {
          continue;
        }
        ResidentImage image = images.get(g, i);
        if (image == null) {
          due.add(new ChunkDirectory.Stamp(StoredChunk.of(keys, i), g, () -> {}, () -> {}));
        } else if (image.isPersisted()
            && now - image.stampedAt >= directory.stampIntervalMillis()) {
          image.stampedAt = now;
          // Not at the next hit, which may come at once: a store in trouble has enough to do.
          long again = now - directory.stampIntervalMillis() * 9 / 10;
          due.add(
              new ChunkDirectory.Stamp(
                  image.chunk, g, image::copyIsGone, () -> image.stampedAt = again));
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
    int[] byTier = tokensPerTier();
    Map<Tier, Integer> tokens = new EnumMap<>(Tier.class);
    for (Tier tier : TIERS) {
      if (byTier[tier.ordinal()] > 0) {
        tokens.put(tier, byTier[tier.ordinal()]);
      }
    }
    return tokens;
  }

  private int[] tokensPerTier() {
    int[] tokens = new int[TIERS.length];
    for (int i = 0; i < chunks; i++) {
      tokens[images.tier(i).ordinal()] += cuts.tokens(i + 1) - cuts.tokens(i);
    }
    return tokens;
  }

  private void countHits() {
    int[] tokens = tokensPerTier();
    int[] chunksOf = new int[TIERS.length];
    for (int i = 0; i < chunks; i++) {
      chunksOf[images.tier(i).ordinal()]++;
    }
    for (Tier tier : TIERS) {
      cache.counters.hit(tier, chunksOf[tier.ordinal()], tokens[tier.ordinal()]);
    }
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
      load(new Patience(cache.restoreTimeout, stopped));
      images.promote();
    }
    return cuts.tokens(chunks);
  }

  /** Holds all that the cut needs, at once: so it never waits for a slot, and settles for less. */
  private void load(Patience patience) {
    while (!loaded) {
      int holdable = images.holdAll(cuts, chunks);
      if (holdable < chunks) {
        settle(holdable, ShortenedBy.NO_ROOM, patience);
      } else {
        loaded = allCame(patience);
      }
      checkOpen();
    }
  }

  private boolean allCame(Patience patience) {
    for (int g : cache.deliveryOrder) {
      int end = cuts.endNeeded(g, chunks);
      for (int i = cuts.firstNeeded(g, chunks); i < end; i++) {
        ShortenedBy trouble = await(g, i, patience);
        if (trouble != null) {
          fallShort(g, i, trouble, patience);
        }
        if (trouble != null || !images.holds(g, i)) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * Waits for an image that is held.
   *
   * @return null if it is there, or is held no more: another lease gave its read up just when this
   *     one joined it, so it is to be got hold of anew. Else why it is not there
   */
  ShortenedBy await(int group, int i, Patience patience) {
    ResidentImage image = images.get(group, i);
    if (image.isReady()) {
      return null;
    }
    image.demand();
    ShortenedBy trouble = waitFor(image.loaded, patience);
    ReadOutcome outcome = image.loaded.getNow(null);
    if (outcome == ReadOutcome.CANCELLED) {
      images.drop(group, i);
      return null;
    }
    return trouble != null ? trouble : reason(outcome);
  }

  /** Waits for a read or a slot; null once it is there, else why it was not waited for longer. */
  ShortenedBy waitFor(CompletableFuture<?> what, Patience patience) {
    long start = System.nanoTime();
    ShortenedBy trouble = patience.await(what);
    cache.counters.waited(System.nanoTime() - start);
    checkWanted(patience);
    return trouble;
  }

  private static ShortenedBy reason(ReadOutcome outcome) {
    return switch (outcome) {
      case OK -> null;
      case MISSING -> ShortenedBy.MISS;
      case CORRUPT -> ShortenedBy.CORRUPT;
      case IO_ERROR, CANCELLED -> ShortenedBy.IO_ERROR;
      case TIMED_OUT -> ShortenedBy.DEADLINE;
      case TIER_DOWN -> ShortenedBy.TIER_DOWN;
    };
  }

  @Override
  public int restore(KvSink sink) {
    Objects.requireNonNull(sink, "sink");
    return restore(sink, stopped);
  }

  private synchronized int restore(KvSink sink, CompletableFuture<Void> stop) {
    checkUsable();
    delivering = true;
    loaded = false;
    long start = System.nanoTime();
    try {
      loaded = new Restore(this, sink, new Patience(cache.restoreTimeout, stop)).run();
      images.promote();
    } finally {
      delivering = false;
    }
    cache.counters.restored(cuts.tokens(chunks), System.nanoTime() - start);
    return cuts.tokens(chunks);
  }

  @Override
  public CompletableFuture<Integer> restoreAsync(KvSink sink, Executor executor) {
    Objects.requireNonNull(sink, "sink");
    Objects.requireNonNull(executor, "executor");
    checkOpen();
    CompletableFuture<Integer> result = new CompletableFuture<>();
    CompletableFuture<Void> stop = new CompletableFuture<>();
    result.whenComplete((tokens, failure) -> stop.complete(null));
    AtomicBoolean begun = new AtomicBoolean();
    stopped.thenRun(
        () -> {
          stop.complete(null);
          // Nobody else would say so if the executor dropped the task.
          if (begun.compareAndSet(false, true)) {
            cache.callbacks.execute(() -> result.completeExceptionally(closedBefore()));
          }
        });
    try {
      executor.execute(
          () -> {
            if (!begun.compareAndSet(false, true)) {
              return;
            }
            try {
              int tokens = restore(sink, stop);
              cache.callbacks.execute(() -> result.complete(tokens));
            } catch (RuntimeException | Error e) {
              cache.callbacks.execute(() -> result.completeExceptionally(e));
            }
          });
    } catch (RuntimeException | OutOfMemoryError e) {
      // It takes no task, or the system grants it no thread.
      result.completeExceptionally(e);
    }
    return result;
  }

  /** Gives the engine the rows of one image. */
  void deliver(int group, int i, KvSink sink, Patience patience) {
    LayoutGroup g = layout.groups().get(group);
    int tokens = layout.chunkTokens();
    images.sink(group, i);
    cache.counters.delivered(images.tier(i), cache.namespace.image(group).imageBytes());
    for (int l = 0; l < g.layerCount(); l++) {
      for (int part = 0; part < g.parts().size(); part++) {
        checkWanted(patience);
        sink.write(g.layer(l), part, i * tokens, tokens, rows(group, i, l, part));
      }
    }
  }

  private ByteBuffer rows(int group, int i, int layerIndex, int part) {
    ImageDescriptor descriptor = cache.namespace.image(group);
    return images
        .get(group, i)
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
    for (int g : cache.deliveryOrder) {
      if (images.holds(g, i)) {
        images.view(g, i);
      }
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
      synchronized (TieredLease.this) {
        return images.tier(i);
      }
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
        int group = checkedGroup(layer, part);
        return TieredLease.this.rows(group, i, layout.groups().get(group).indexOf(layer), part);
      }
    }

    @Override
    public long deviceAddress(int layer, int part) {
      synchronized (TieredLease.this) {
        int group = checkedGroup(layer, part);
        ResidentImage copy = images.onDevice(group, i);
        if (copy == null) {
          throw new IllegalStateException(
              "layer "
                  + layer
                  + " of chunk "
                  + i
                  + " is not in device memory ("
                  + tier()
                  + "): use rows(...)");
        }
        ImageDescriptor image = cache.namespace.image(group);
        int layerIndex = layout.groups().get(group).indexOf(layer);
        return copy.slot.deviceAddress() + image.partOffset(layerIndex, part);
      }
    }

    private int checkedGroup(int layer, int part) {
      checkOpen();
      int group = layout.groupOf(layer);
      LayoutGroup g = layout.groups().get(group);
      if (part < 0 || part >= g.parts().size()) {
        throw new IllegalArgumentException(
            "part " + part + " of layer " + layer + ": it has " + g.parts().size());
      }
      if (!images.holds(group, i)) {
        throw new IllegalStateException(
            "a cut at "
                + cuts.tokens(chunks)
                + " tokens needs no "
                + g.kind().label()
                + " rows of chunk "
                + i);
      }
      return group;
    }
  }

  @Override
  public synchronized int limit(int tokens) {
    checkUsable();
    if (tokens < 0) {
      throw new IllegalArgumentException("limit(" + tokens + "): 0 or more tokens");
    }
    if (tokens < cuts.tokens(chunks)) {
      settle(
          tokens / layout.chunkTokens(),
          ShortenedBy.LIMIT,
          new Patience(cache.lookupTimeout, stopped));
    }
    return cuts.tokens(chunks);
  }

  int chunksNow() {
    return chunks;
  }

  private void checkUsable() {
    checkOpen();
    if (delivering) {
      throw new IllegalStateException(
          "the lease is being restored: a sink may close it, and do nothing else with it");
    }
  }

  void checkOpen() {
    if (closed) {
      throw closedBefore();
    }
  }

  private static IllegalStateException closedBefore() {
    return new IllegalStateException("the lease is closed: acquire another one");
  }

  /** Ends a call of a lease that was closed meanwhile, and a restore that was cancelled. */
  void checkWanted(Patience patience) {
    checkOpen();
    if (patience.isStopped()) {
      throw new CancellationException("the restore was cancelled");
    }
  }

  @Override
  public void close() {
    closed = true;
    stopped.complete(null);
    synchronized (this) {
      if (released) {
        return;
      }
      released = true;
      images.close();
      cache.counters.leaseClosed();
      if (taken) {
        cache.counters.shortened(shortenedBy);
      }
      if (leak != null) {
        leak.close(this);
      }
    }
  }
}
