package io.kvcache.tier;

import io.kvcache.GroupKind;
import io.kvcache.KvLayout;
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
 * What storing one prompt holds, whoever fills it: finds out which chunks are there, takes slots
 * for the others, publishes them and starts their writes, and says what became of each.
 *
 * <p>Everything it publishes or finds stays pinned until it ends, so that making room for a later
 * chunk never evicts an earlier one of the same prompt. A slot is private until it is published.
 * Used by one thread at a time.
 */
final class StoreStaging {
  /** An image of a window or state group. */
  record Wanted(int group, int chunk) {}

  /** A write, and the chunk that fails with it; -1 for a window or state beside full rows. */
  private record Write(int fullChunk, CompletableFuture<StoreOutcome> outcome) {}

  private final TieredKvCache cache;
  private final KvLayout layout;
  private final SlotTier dram;
  private final PromptKeys keys;
  private final int chunks;
  private final int present;
  private final Patience patience;
  private final ResidentImage[][] held;
  private final Slot[][] slots;
  private final List<StoreOutcome> outcomes = new ArrayList<>();
  private final List<Write> writes = new ArrayList<>();

  /** Finds out what is there; waits for the store's answer at most the lookup timeout. */
  StoreStaging(TieredKvCache cache, PromptKeys keys, int chunks) {
    this.cache = cache;
    this.layout = cache.layout;
    this.dram = cache.dram;
    this.keys = keys;
    this.chunks = chunks;
    this.patience = new Patience(cache.lookupTimeout);
    this.held = new ResidentImage[layout.groups().size()][chunks];
    this.slots = new Slot[layout.groups().size()][chunks];
    boolean opened = false;
    try {
      this.present = pinPresent();
      opened = true;
    } finally {
      if (!opened) {
        close();
      }
    }
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
              while (i < chunks && !patience.isOver() && directory.holdsChunk(keys, i)) {
                i++;
              }
              return i;
            },
            from),
        from);
  }

  int chunks() {
    return chunks;
  }

  /** Leading chunks that were there before. */
  int present() {
    return present;
  }

  /** The slot that waits for an image, or null. */
  Slot slot(int group, int i) {
    return slots[group][i];
  }

  /** Whether an image is pinned: it was there, or was published. */
  boolean isHeld(int group, int i) {
    return held[group][i] != null;
  }

  /**
   * Takes note that a chunk was there before. One whose write was declined gets another chance: the
   * disk may have room again.
   */
  void keepPresent(int i) {
    for (int group : cache.fullGroups) {
      if (held[group][i] != null && held[group][i].isReady()) {
        persist(held[group][i], i);
      }
    }
    outcomes.add(StoreOutcome.ALREADY_PRESENT);
  }

  /**
   * Takes a slot for an image.
   *
   * @return {@link StoreOutcome#STAGED} if it is to be filled now, else why not
   */
  StoreOutcome prepare(int group, int i) {
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
      return StoreOutcome.NO_ROOM;
    }
    slots[group][i] = slot;
    return StoreOutcome.STAGED;
  }

  /** Memory of one part in a slot that waits to be filled. */
  ByteBuffer rows(Slot slot, int layerIndex, int part) {
    ImageDescriptor image = cache.namespace.image(slot.group());
    return slot.bytes()
        .slice(image.partOffset(layerIndex, part), image.partBytes(part))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Lets others find an image that was filled, and starts its write. */
  void publish(int group, int i) {
    StoredChunk chunk = StoredChunk.of(keys, i);
    Slot slot = slots[group][i];
    slots[group][i] = null;
    ResidentImage image = dram.publish(chunk, slot);
    held[group][i] = image;
    if (image.slot == slot) {
      cache.tellStored(Tier.DRAM, keys, chunk, group);
    }
    if (image.isReady()) {
      persist(image, i);
    }
  }

  /** Gives back a slot that was not filled. */
  void discard(int group, int i) {
    if (slots[group][i] != null) {
      dram.give(slots[group][i]);
      slots[group][i] = null;
    }
  }

  /** What became of the next chunk. */
  void outcome(StoreOutcome outcome) {
    outcomes.add(outcome);
  }

  /** A later chunk is useless without this one: all the rest is declined for its reason. */
  void declineRest(StoreOutcome reason) {
    while (outcomes.size() < chunks) {
      outcomes.add(reason);
    }
  }

  /** A window or state says what became of a chunk that has nothing else. */
  void outcomeWithoutFullRows(int i, StoreOutcome outcome) {
    boolean says =
        outcome == StoreOutcome.STAGED || outcomes.get(i) == StoreOutcome.ALREADY_PRESENT;
    if (cache.fullGroups.length == 0 && says) {
      outcomes.set(i, outcome);
    }
  }

  /** Leading chunks that are staged or were there. */
  int stored() {
    int stored = outcomes.size();
    while (stored > 0
        && outcomes.get(stored - 1) != StoreOutcome.STAGED
        && outcomes.get(stored - 1) != StoreOutcome.ALREADY_PRESENT) {
      stored--;
    }
    return stored;
  }

  /**
   * Windows of every chunk stored now and of those that a cut at the end needs; states where they
   * are due. The engine may lack any of them, and none declines a chunk that has full rows. Deepest
   * first: where there is no room for all, those of the longest cut are kept. Without those that
   * the store has too.
   */
  List<Wanted> windowsAndStates(int stored) {
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
    return missing(wanted, cache.fullGroups.length > 0 ? present : stored);
  }

  /** Leaves out images of chunks that were there before and that the store has too. */
  private List<Wanted> missing(List<Wanted> wanted, int before) {
    if (cache.directory.isEmpty() || wanted.stream().noneMatch(w -> w.chunk() < before)) {
      return wanted;
    }
    ChunkDirectory directory = cache.directory.get();
    return patience.get(
        directory.onPool(
            () ->
                wanted.stream()
                    .filter(
                        w ->
                            w.chunk() >= before
                                || patience.isOver()
                                || dram.holds(StoredChunk.of(keys, w.chunk()), w.group())
                                || !directory.holds(keys, w.chunk(), w.group()))
                    .toList(),
            wanted),
        wanted);
  }

  private void persist(ResidentImage image, int chunk) {
    CompletableFuture<StoreOutcome> write = cache.persist(image, keys);
    if (write != null) {
      boolean decides = cache.fullGroups.length == 0 || cache.isFull(image.group());
      writes.add(new Write(decides ? chunk : -1, write));
    }
  }

  /** Says what became of each chunk. */
  StoreReport report() {
    outcomes.forEach(cache.counters::stored);
    return new StoreReport(outcomes, persisted());
  }

  private CompletableFuture<PersistReport> persisted() {
    if (cache.directory.isEmpty()) {
      return CompletableFuture.completedFuture(new PersistReport(Map.of(), List.of()));
    }
    CompletableFuture<?>[] all =
        writes.stream().map(Write::outcome).toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(all).thenApplyAsync(done -> persistReport(), cache.callbacks);
  }

  private PersistReport persistReport() {
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

  /** Gives back every pin, and every slot that was not published. */
  void close() {
    for (int g = 0; g < held.length; g++) {
      for (int i = 0; i < chunks; i++) {
        discard(g, i);
      }
      dram.used(g, held[g], 0, chunks);
      dram.unpin(held[g], 0, chunks);
    }
  }
}
