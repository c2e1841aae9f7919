package io.kvcache.tier;

import io.kvcache.KvLayout;
import io.kvcache.LayoutGroup;
import io.kvcache.PendingStore;
import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.StoreReport;
import io.netty.util.ResourceLeakTracker;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;

/**
 * A store whose slots are all taken first, filled by the engine when it likes, and published
 * together. Its monitor guards it, so that a close by another thread is safe, though pointless.
 */
final class BegunStore implements PendingStore {
  private final TieredKvCache cache;
  private final KvLayout layout;
  private final StoreStaging staging;
  private final List<StoreStaging.Wanted> windowsAndStates;

  /** Parts asked for, of each group by chunk and place in the image. */
  private final BitSet[] asked;

  /** Null unless leaks are reported. */
  private final ResourceLeakTracker<Object> leak;

  private boolean committed;
  private boolean closed;

  BegunStore(TieredKvCache cache, PromptKeys keys, int chunks) {
    this.cache = cache;
    this.layout = cache.layout;
    this.staging = new StoreStaging(cache, keys, chunks);
    this.asked = new BitSet[layout.groups().size()];
    for (int g = 0; g < asked.length; g++) {
      asked[g] = new BitSet();
    }
    boolean prepared = false;
    try {
      int end = prepareFullRows();
      this.windowsAndStates = staging.windowsAndStates(end);
      windowsAndStates.forEach(image -> staging.prepare(image.group(), image.chunk()));
      prepared = true;
    } finally {
      if (!prepared) {
        staging.close();
      }
    }
    this.leak = cache.leaks.map(leaks -> leaks.watch(this)).orElse(null);
    cache.counters.storeBegun();
  }

  /** Takes slots from the front; returns the chunk before which the room ends. */
  private int prepareFullRows() {
    for (int i = staging.present(); i < staging.chunks(); i++) {
      for (int group : cache.fullGroups) {
        if (staging.prepare(group, i) == StoreOutcome.NO_ROOM) {
          for (int taken : cache.fullGroups) {
            staging.discard(taken, i);
          }
          return i;
        }
      }
    }
    return staging.chunks();
  }

  @Override
  public int chunks() {
    return staging.chunks();
  }

  @Override
  public synchronized boolean wants(int chunk, int layer) {
    checkOpen();
    checkChunk(chunk);
    return staging.slot(layout.groupOf(layer), chunk) != null;
  }

  @Override
  public synchronized ByteBuffer rows(int chunk, int layer, int part) {
    checkOpen();
    checkChunk(chunk);
    int group = layout.groupOf(layer);
    LayoutGroup g = layout.groups().get(group);
    if (part < 0 || part >= g.parts().size()) {
      throw new IllegalArgumentException(
          "part " + part + " of layer " + layer + ": it has " + g.parts().size());
    }
    Slot slot = staging.slot(group, chunk);
    if (slot == null) {
      throw new IllegalStateException(
          "no slot waits for layer " + layer + " of chunk " + chunk + ": ask wants(...) first");
    }
    int place = g.indexOf(layer) * g.parts().size() + part;
    asked[group].set(chunk * parts(group) + place);
    return staging.rows(slot, g.indexOf(layer), part);
  }

  private int parts(int group) {
    LayoutGroup g = layout.groups().get(group);
    return g.layerCount() * g.parts().size();
  }

  private boolean isFilled(int group, int chunk) {
    int first = chunk * parts(group);
    return asked[group].nextClearBit(first) >= first + parts(group);
  }

  @Override
  public synchronized StoreReport commit() {
    checkOpen();
    committed = true;
    try {
      for (int i = 0; i < staging.present(); i++) {
        staging.keepPresent(i);
      }
      publishFullRows();
      int stored = staging.stored();
      for (StoreStaging.Wanted image : windowsAndStates) {
        if (image.chunk() < stored) {
          staging.outcomeWithoutFullRows(
              image.chunk(), publish(image.group(), image.chunk(), StoreOutcome.NOT_IN_SOURCE));
        }
      }
    } finally {
      end();
    }
    return staging.report();
  }

  private void publishFullRows() {
    for (int i = staging.present(); i < staging.chunks(); i++) {
      StoreOutcome chunk = StoreOutcome.ALREADY_PRESENT;
      for (int group : cache.fullGroups) {
        if (staging.isHeld(group, i)) {
          continue;
        }
        chunk = publish(group, i, StoreOutcome.NO_ROOM);
        if (chunk != StoreOutcome.STAGED) {
          staging.declineRest(chunk);
          return;
        }
      }
      staging.outcome(chunk);
    }
  }

  /**
   * Publishes one image if the engine asked for all of it.
   *
   * @param withoutSlot what became of it if no slot was taken for it
   */
  private StoreOutcome publish(int group, int i, StoreOutcome withoutSlot) {
    if (staging.isHeld(group, i)) {
      return StoreOutcome.ALREADY_PRESENT;
    }
    if (staging.slot(group, i) == null) {
      return withoutSlot;
    }
    if (!isFilled(group, i)) {
      return StoreOutcome.NOT_IN_SOURCE;
    }
    staging.publish(group, i);
    return StoreOutcome.STAGED;
  }

  private void checkChunk(int chunk) {
    if (chunk < 0 || chunk >= staging.chunks()) {
      throw new IndexOutOfBoundsException(
          "chunk " + chunk + " of a store of " + staging.chunks() + " chunks");
    }
  }

  private void checkOpen() {
    if (committed) {
      throw new IllegalStateException("the store was committed: begin another one");
    }
    if (closed) {
      throw new IllegalStateException("the store was closed: begin another one");
    }
  }

  @Override
  public synchronized void close() {
    if (!committed) {
      end();
    }
  }

  private void end() {
    if (!closed) {
      closed = true;
      staging.close();
      cache.counters.storeEnded();
      if (leak != null) {
        leak.close(this);
      }
    }
  }
}
