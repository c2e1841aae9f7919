package io.kvcache.tier;

import io.kvcache.PromptKeys;
import io.kvcache.Tier;
import io.kvcache.store.StoredChunk;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The images that one lease has pinned, and what it may do with each pin. Rows of an image that
 * were handed out keep it pinned: those of a view until the lease is closed, those given to a sink
 * until that has said that its copies have arrived. All others can be let go of at any time.
 *
 * <p>The lease's monitor guards it.
 */
final class LeaseImages {
  private final TieredKvCache cache;
  private final SlotTier dram;
  private final PromptKeys keys;
  private final ResidentImage[][] held;
  private final BitSet[] viewed;
  private final BitSet[] sunk;
  private final BitSet fromStore = new BitSet();

  /** Copies in device memory of what is held; empty without such a tier. */
  private final ResidentImage[][] onDevice;

  private boolean promoted;

  /** Whether images came in that the policy does not know as part of this path. */
  private boolean unordered;

  /** Images beyond the cut whose rows are out, in views and at a sink. */
  private final List<ResidentImage> lentToViews = new ArrayList<>(0);

  private final List<ResidentImage> lentToSink = new ArrayList<>(0);

  LeaseImages(TieredKvCache cache, PromptKeys keys) {
    this.cache = cache;
    this.dram = cache.dram;
    this.keys = keys;
    int groups = cache.layout.groups().size();
    this.held = new ResidentImage[groups][keys.chunks()];
    this.onDevice = cache.hbm.isEmpty() ? null : new ResidentImage[groups][keys.chunks()];
    this.viewed = bitSets(groups);
    this.sunk = bitSets(groups);
  }

  private static BitSet[] bitSets(int count) {
    BitSet[] sets = new BitSet[count];
    for (int i = 0; i < count; i++) {
      sets[i] = new BitSet();
    }
    return sets;
  }

  /** Pins what leads the prompt in DRAM; returns how many chunks that are, pinned or not. */
  int pinLeading() {
    int resident = keys.chunks();
    for (int group : cache.fullGroups) {
      resident = dram.pinLeading(keys, group, 0, resident, held[group]);
    }
    for (int group : cache.fullGroups) {
      for (int i = 0; i < resident; i++) {
        noteIfReading(group, i);
      }
    }
    return resident;
  }

  ResidentImage get(int group, int i) {
    return held[group][i];
  }

  boolean holds(int group, int i) {
    return held[group][i] != null;
  }

  /** Pins an image or starts reading it, if there is room. */
  boolean hold(int group, int i) {
    if (held[group][i] == null) {
      StoredChunk chunk = StoredChunk.of(keys, i);
      held[group][i] =
          cache.directory.isEmpty()
              ? dram.pin(chunk, group)
              : dram.pinOrLoad(chunk, group, loader(i));
      noteIfReading(group, i);
      unordered = true;
    }
    return held[group][i] != null;
  }

  /** As {@link #hold}, through a staging slot if it is this turn's. */
  boolean stage(int group, int i, StagingTurn turn) {
    held[group][i] = dram.pinOrStage(StoredChunk.of(keys, i), group, loader(i), turn);
    noteIfReading(group, i);
    unordered = true;
    return held[group][i] != null;
  }

  boolean isStaged(int group, int i) {
    return held[group][i] != null && held[group][i].staged;
  }

  private SlotTier.Loader loader(int i) {
    return image -> {
      // Said here, since a fast read may have ended before anybody could look.
      fromStore.set(i);
      return cache.load(image, keys);
    };
  }

  /** A chunk whose read another lease has started comes from the store for this one too. */
  private void noteIfReading(int group, int i) {
    if (held[group][i] != null && !held[group][i].isReady()) {
      fromStore.set(i);
    }
  }

  /** Pins the copies that the device has of what a cut needs. */
  void pinOnDevice(AllowedCuts cuts, int cut) {
    for (int g = 0; onDevice != null && g < held.length; g++) {
      SlotTier device = cache.hbm.orElseThrow().slots;
      device.pinResident(keys, g, cuts.firstNeeded(g, cut), cuts.endNeeded(g, cut), onDevice[g]);
      for (int i = 0; i < held[g].length; i++) {
        // Inclusive: without its pin in DRAM the copy might go.
        if (onDevice[g][i] != null && held[g][i] == null) {
          device.unpin(onDevice[g], i, i + 1);
        }
      }
      device.used(g, onDevice[g], 0, onDevice[g].length);
    }
  }

  /** The copy of an image in device memory, or null. */
  ResidentImage onDevice(int group, int i) {
    return onDevice == null ? null : onDevice[group][i];
  }

  /** Where a chunk was when the lease was taken. */
  Tier tier(int i) {
    boolean device = onDevice != null && cache.fullGroups.length > 0;
    for (int group : cache.fullGroups) {
      device = device && onDevice[group][i] != null;
    }
    return device ? Tier.HBM : fromStore.get(i) ? Tier.STORE : Tier.DRAM;
  }

  /** Has what was hit copied to the device, once. */
  void promote() {
    if (onDevice == null || promoted) {
      return;
    }
    promoted = true;
    cache.hbm.orElseThrow().promote(keys, cache.deliveryOrder, held);
  }

  /** Looks which chunks that are not held are not in DRAM now. */
  void noteMissing(int from, int to) {
    for (int group : cache.fullGroups) {
      for (int i = from; i < to; i++) {
        if (held[group][i] == null && !dram.holds(StoredChunk.of(keys, i), group)) {
          fromStore.set(i);
        }
      }
    }
  }

  /** Tells the policy that a request uses what is held. */
  void used() {
    for (int g = 0; g < held.length; g++) {
      dram.used(g, held[g], 0, held[g].length);
    }
    unordered = false;
  }

  /** Puts what came in later in its place, so that a path leaves memory from its end. */
  void orderPath() {
    if (unordered) {
      used();
    }
  }

  /** Rows of it were given to a sink. */
  void sink(int group, int i) {
    sunk[group].set(i);
  }

  /** Rows of it may be looked at until the lease is closed. */
  void view(int group, int i) {
    viewed[group].set(i);
  }

  /** Keeps what a cut needs, and nothing else but what was handed out. */
  void keep(AllowedCuts cuts, int cut) {
    for (int g = 0; g < held.length; g++) {
      int end = cuts.endNeeded(g, cut);
      giveBack(g, 0, Math.min(end, cuts.firstNeeded(g, cut)));
      giveBack(g, end, held[g].length);
    }
  }

  private void giveBack(int group, int from, int to) {
    if (from >= to) {
      return;
    }
    lend(viewed[group], held[group], from, to, lentToViews);
    lend(sunk[group], held[group], from, to, lentToSink);
    dram.unpin(held[group], from, to);
  }

  private static void lend(
      BitSet out, ResidentImage[] images, int from, int to, List<ResidentImage> lent) {
    for (int i = out.nextSetBit(from); i >= 0 && i < to; i = out.nextSetBit(i + 1)) {
      if (images[i] != null) {
        lent.add(images[i]);
        images[i] = null;
      }
    }
    out.clear(from, to);
  }

  /** Lets go of one image. */
  void drop(int group, int i) {
    giveBack(group, i, i + 1);
  }

  /** Whether rows in a staging slot are at a sink that has not said that they have arrived. */
  boolean isStagedAtSink() {
    for (int g = 0; g < sunk.length; g++) {
      for (int i = sunk[g].nextSetBit(0); i >= 0; i = sunk[g].nextSetBit(i + 1)) {
        if (isStaged(g, i)) {
          return true;
        }
      }
    }
    return lentToSink.stream().anyMatch(image -> image.staged);
  }

  /** The sink's copies have arrived: what they came from can be let go of. */
  void copiesArrived() {
    for (BitSet group : sunk) {
      group.clear();
    }
    lentToSink.forEach(dram::unpin);
    lentToSink.clear();
  }

  /** Lets go of staged images that no sink copies from: of all that a restore read ahead. */
  void dropStaged() {
    for (int g = 0; g < held.length; g++) {
      for (int i = 0; i < held[g].length; i++) {
        if (isStaged(g, i) && !sunk[g].get(i)) {
          drop(g, i);
        }
      }
    }
  }

  /**
   * Pins what a cut needs, without waiting; returns the cut, or how many chunks to try instead.
   * Full groups first, in whatever order they were declared: they say how far the room reaches, and
   * a window or state that was pinned for a longer cut would take the slots of the one that is
   * possible.
   */
  int holdAll(AllowedCuts cuts, int cut) {
    for (int g : cache.deliveryOrder) {
      int end = cuts.endNeeded(g, cut);
      for (int i = cuts.firstNeeded(g, cut); i < end; i++) {
        if (!hold(g, i)) {
          return cache.isFull(g) ? i : cut - 1;
        }
      }
    }
    return cut;
  }

  /**
   * Pins or starts reading as much of what a cut needs as there is room for, front first. Where the
   * full rows do not fit, windows and states wait: whoever wants all at once will want those of a
   * shorter cut, and their slots must not be taken by reads that nobody wants any more.
   */
  void holdWhatFits(AllowedCuts cuts, int cut) {
    for (int g : cache.deliveryOrder) {
      int end = cuts.endNeeded(g, cut);
      int i = cuts.firstNeeded(g, cut);
      while (i < end && hold(g, i)) {
        i++;
      }
      if (i < end && cache.isFull(g)) {
        return;
      }
    }
  }

  /** Gives every pin back. */
  void close() {
    orderPath();
    for (ResidentImage[] group : held) {
      dram.unpin(group, 0, group.length);
    }
    lentToViews.forEach(dram::unpin);
    lentToViews.clear();
    lentToSink.forEach(dram::unpin);
    lentToSink.clear();
    for (int g = 0; onDevice != null && g < onDevice.length; g++) {
      cache.hbm.orElseThrow().slots.unpin(onDevice[g], 0, onDevice[g].length);
    }
  }
}
