package io.kvcache.tier;

import io.kvcache.GroupKind;
import io.kvcache.KvLayout;
import io.kvcache.KvSource;
import io.kvcache.LayoutGroup;
import io.kvcache.PersistReport;
import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.StoreReport;
import io.kvcache.Tier;
import io.kvcache.store.ChunkDirectory;
import io.kvcache.store.ImageDescriptor;
import io.kvcache.store.StoredChunk;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * One call of {@link io.kvcache.KvCache#store}: goes over the chunks from the front, copies what is
 * missing into slots of its own, publishes each image in DRAM and starts its write.
 *
 * <p>Everything it publishes or finds stays pinned until the call ends, so that making room for a
 * later chunk never evicts an earlier one of the same prompt. A slot is private until it is filled:
 * a source that throws leaves nothing behind but the chunks before it. Used by one thread.
 */
final class StoreCall {
  private final TieredKvCache cache;
  private final KvLayout layout;
  private final SlotTier dram;
  private final PromptKeys keys;
  private final int chunks;
  private final KvSource source;
  private final ResidentImage[][] held;
  private final List<StoreOutcome> outcomes = new ArrayList<>();
  private final List<Write> writes = new ArrayList<>();
  private final Patience patience;

  /** A write, and the chunk that fails with it; -1 for a window or state beside full rows. */
  private record Write(int fullChunk, CompletableFuture<StoreOutcome> outcome) {}

  StoreCall(TieredKvCache cache, PromptKeys keys, int chunks, KvSource source) {
    this.cache = cache;
    this.layout = cache.layout;
    this.dram = cache.dram;
    this.keys = keys;
    this.chunks = chunks;
    this.source = source;
    this.held = new ResidentImage[layout.groups().size()][chunks];
    this.patience = new Patience(cache.lookupTimeout);
  }

  StoreReport run() {
    try {
      int present = pinPresent();
      for (int i = 0; i < chunks; i++) {
        StoreOutcome outcome = i < present ? keepPresent(i) : storeChunk(i);
        if (outcome != StoreOutcome.STAGED && outcome != StoreOutcome.ALREADY_PRESENT) {
          // A later chunk is useless without this one: all the rest is declined for its reason.
          while (outcomes.size() < chunks) {
            outcomes.add(outcome);
          }
          break;
        }
        outcomes.add(outcome);
      }
      storeWindowsAndState(present);
    } finally {
      for (int g = 0; g < held.length; g++) {
        dram.used(g, held[g], 0, chunks);
        dram.unpin(held[g], 0, chunks);
      }
    }
    outcomes.forEach(cache.counters::stored);
    return new StoreReport(outcomes, persisted());
  }

  /** How many leading chunks need no source: in DRAM (then pinned), or else in the store. */
  private int pinPresent() {
    int resident = chunks;
    for (int group : cache.fullGroups) {
      resident = dram.pinLeading(keys, group, 0, resident, held[group]);
    }
    if (cache.fullGroups.length == 0) {
      return 0;
    }
    if (resident == chunks || cache.directory.isEmpty()) {
      return resident;
    }
    ChunkDirectory directory = cache.directory.get();
    int from = resident;
    // One by one, since a declined write may have left a hole, which only a store can fill. Most
    // often the first question is the last, for what was just restored is resident.
    return patience.get(
        directory.onPool(
            () -> {
              int i = from;
              while (i < chunks && directory.holdsChunk(keys, i)) {
                i++;
              }
              return i;
            },
            from),
        from);
  }

  /** A chunk whose write was declined before gets another chance: the disk may have room again. */
  private StoreOutcome keepPresent(int i) {
    for (int group : cache.fullGroups) {
      if (held[group][i] != null && held[group][i].isReady()) {
        persist(held[group][i], i);
      }
    }
    return StoreOutcome.ALREADY_PRESENT;
  }

  private StoreOutcome storeChunk(int i) {
    // Without full groups this stands until one of the chunk's other images says otherwise.
    StoreOutcome chunk = StoreOutcome.ALREADY_PRESENT;
    for (int group : cache.fullGroups) {
      StoreOutcome image = storeImage(group, i);
      if (image == StoreOutcome.STAGED) {
        chunk = StoreOutcome.STAGED;
      } else if (image != StoreOutcome.ALREADY_PRESENT) {
        return image;
      }
    }
    return chunk;
  }

  /**
   * Windows of every chunk stored now and of those that a cut at the end needs; states where they
   * are due. The source may lack any of them, and none declines a chunk that has full rows. Deepest
   * first: where there is no room for all, those of the longest cut are kept.
   */
  private void storeWindowsAndState(int present) {
    int stored = outcomes.size();
    while (stored > 0
        && outcomes.get(stored - 1) != StoreOutcome.STAGED
        && outcomes.get(stored - 1) != StoreOutcome.ALREADY_PRESENT) {
      stored--;
    }
    AllowedCuts cuts = new AllowedCuts(layout, stored * layout.chunkTokens() + 1);
    List<Wanted> wanted = new ArrayList<>();
    for (int i = stored - 1; i >= 0; i--) {
      for (int g = 0; g < held.length; g++) {
        GroupKind kind = layout.groups().get(g).kind();
        boolean due = kind == GroupKind.WINDOW || cache.stateCuts.storedAfter(i, stored);
        if (kind != GroupKind.FULL && due && i >= Math.min(present, cuts.firstNeeded(g, stored))) {
          wanted.add(new Wanted(g, i));
        }
      }
    }
    boolean fullRows = cache.fullGroups.length > 0;
    for (Wanted image : missing(wanted, fullRows ? present : stored)) {
      StoreOutcome outcome = storeImage(image.group(), image.chunk());
      boolean says =
          outcome == StoreOutcome.STAGED
              || outcomes.get(image.chunk()) == StoreOutcome.ALREADY_PRESENT;
      if (!fullRows && says) {
        outcomes.set(image.chunk(), outcome);
      }
    }
  }

  private record Wanted(int group, int chunk) {}

  /** Leaves out images of chunks that were there before and that the store has too. */
  private List<Wanted> missing(List<Wanted> wanted, int present) {
    if (cache.directory.isEmpty() || wanted.stream().noneMatch(w -> w.chunk() < present)) {
      return wanted;
    }
    ChunkDirectory directory = cache.directory.get();
    return patience.get(
        directory.onPool(
            () ->
                wanted.stream()
                    .filter(
                        w ->
                            w.chunk() >= present
                                || dram.holds(StoredChunk.of(keys, w.chunk()), w.group())
                                || !directory.holds(keys, w.chunk(), w.group()))
                    .toList(),
            wanted),
        wanted);
  }

  private StoreOutcome storeImage(int group, int i) {
    StoredChunk chunk = StoredChunk.of(keys, i);
    ResidentImage there = held[group][i];
    if (there == null) {
      there = dram.pin(chunk, group);
      held[group][i] = there;
    }
    if (there != null) {
      if (there.isReady()) {
        persist(there, i);
      }
      return StoreOutcome.ALREADY_PRESENT;
    }
    Slot slot = dram.take(group);
    if (slot == null) {
      return dram.holds(chunk, group) ? StoreOutcome.ALREADY_PRESENT : StoreOutcome.NO_ROOM;
    }
    boolean filled = false;
    try {
      filled = fill(slot, i);
    } finally {
      if (!filled) {
        dram.give(slot);
      }
    }
    if (!filled) {
      return StoreOutcome.NOT_IN_SOURCE;
    }
    ResidentImage image = dram.publish(chunk, slot);
    held[group][i] = image;
    if (image.slot == slot) {
      cache.tellStored(Tier.DRAM, chunk, group);
    }
    if (image.isReady()) {
      persist(image, i);
    }
    return StoreOutcome.STAGED;
  }

  private boolean fill(Slot slot, int i) {
    ImageDescriptor image = cache.namespace.image(slot.group());
    LayoutGroup group = image.group();
    int tokens = layout.chunkTokens();
    for (int l = 0; l < group.layerCount(); l++) {
      for (int part = 0; part < group.parts().size(); part++) {
        ByteBuffer rows =
            slot.bytes()
                .slice(image.partOffset(l, part), image.partBytes(part))
                .order(ByteOrder.LITTLE_ENDIAN);
        if (!source.read(group.layer(l), part, i * tokens, tokens, rows)) {
          return false;
        }
      }
    }
    return true;
  }

  private void persist(ResidentImage image, int chunk) {
    CompletableFuture<StoreOutcome> write = cache.persist(image);
    if (write != null) {
      boolean decides =
          cache.fullGroups.length == 0
              || layout.groups().get(image.group()).kind() == GroupKind.FULL;
      writes.add(new Write(decides ? chunk : -1, write));
    }
  }

  private CompletableFuture<PersistReport> persisted() {
    if (cache.directory.isEmpty()) {
      return CompletableFuture.completedFuture(new PersistReport(Map.of(), List.of()));
    }
    CompletableFuture<?>[] all =
        writes.stream().map(Write::outcome).toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(all).thenApplyAsync(done -> report(), cache.callbacks);
  }

  private PersistReport report() {
    Map<StoreOutcome, Integer> images = new EnumMap<>(StoreOutcome.class);
    List<StoreOutcome> byChunk = new ArrayList<>();
    for (StoreOutcome outcome : outcomes) {
      boolean staged = outcome == StoreOutcome.STAGED;
      byChunk.add(staged ? StoreOutcome.ALREADY_PRESENT : outcome);
    }
    for (Write write : writes) {
      StoreOutcome outcome = write.outcome().join();
      images.merge(outcome, 1, Integer::sum);
      if (write.fullChunk() >= 0) {
        byChunk.set(write.fullChunk(), worse(byChunk.get(write.fullChunk()), outcome));
      }
    }
    return new PersistReport(images, byChunk);
  }

  private static StoreOutcome worse(StoreOutcome a, StoreOutcome b) {
    if (a == StoreOutcome.ALREADY_PRESENT) {
      return b;
    }
    return a == StoreOutcome.WRITTEN && b != StoreOutcome.ALREADY_PRESENT ? b : a;
  }
}
