package io.kvcache.bench.replay;

import io.kvcache.PromptKeys;
import io.kvcache.spi.EvictionPolicy;
import io.kvcache.store.StoredChunk;
import io.kvcache.tier.CountedSlots;
import io.kvcache.tier.ResidentImage;
import io.kvcache.tier.Slot;
import io.kvcache.tier.SlotTier;
import java.util.ArrayDeque;
import java.util.Deque;

/** A tier that decides as one that serves, and moves nothing. For one thread. */
public final class CountedTier implements AutoCloseable {
  private final SlotTier tier;
  private final int capacityBlocks;
  private int reserved;

  /**
   * @param capacityBlocks blocks that it holds, at least 1
   * @param policy what it evicts by
   */
  public CountedTier(int capacityBlocks, EvictionPolicy.Factory policy) {
    this.capacityBlocks = capacityBlocks;
    tier = new SlotTier(new CountedSlots(capacityBlocks), policy, (chunk, group) -> {});
  }

  /**
   * What a path met.
   *
   * @param resident leading blocks that were there
   * @param inserted blocks that came in behind them
   */
  record Visit(int resident, int inserted) {
    /** A tier that does not exist. */
    static final Visit NONE = new Visit(0, 0);
  }

  /** Looks a path up, takes in what is missing from the front, and orders the whole as used. */
  Visit serve(PromptKeys keys) {
    try (Hold hold = hold(keys)) {
      int resident = hold.blocks();
      hold.fill(keys.chunks());
      return new Visit(resident, hold.blocks() - resident);
    }
  }

  /** Pins the leading blocks of a path that are there. */
  public Hold hold(PromptKeys keys) {
    return new Hold(keys);
  }

  /** How many leading blocks of a path are there; neither pins nor uses them. */
  public int leading(PromptKeys keys) {
    ResidentImage[] held = new ResidentImage[keys.chunks()];
    int there = tier.pinLeading(keys, 0, 0, held.length, held);
    tier.unpin(held, 0, there);
    return there;
  }

  /** Blocks evicted so far. */
  public long evictions() {
    return tier.stats().evicted();
  }

  @Override
  public void close() {
    tier.close();
  }

  /** One request's hold on the leading blocks of its path, and on room for more of them. */
  public final class Hold implements AutoCloseable {
    private final PromptKeys keys;
    private final ResidentImage[] held;
    private final Deque<Slot> room = new ArrayDeque<>(0);
    private int end;

    private Hold(PromptKeys keys) {
      this.keys = keys;
      held = new ResidentImage[keys.chunks()];
      extend();
    }

    /** Leading blocks that are held. */
    public int blocks() {
      return end;
    }

    /** Which image a held block is: the same object for all who hold it while it is there. */
    public Object image(int block) {
      return held[block];
    }

    /** Holds further leading blocks too that came in since. */
    public int extend() {
      end = tier.pinLeading(keys, 0, end, held.length, held);
      return end;
    }

    /**
     * Takes room, all of it or none, for blocks that nobody can find before {@link #fill}.
     *
     * @return whether there is as much that nobody else holds
     */
    public boolean reserve(int blocks) {
      if (capacityBlocks - reserved - tier.stats().pinnedImages() < blocks) {
        return false;
      }
      for (int i = 0; i < blocks; i++) {
        room.push(tier.take(0));
      }
      reserved += blocks;
      return true;
    }

    /** Takes in and holds blocks behind those that are held, as far as there is room. */
    public void fill(int to) {
      for (; end < to; end++) {
        Slot slot = next();
        if (slot == null) {
          return;
        }
        held[end] = tier.publish(StoredChunk.of(keys, end), slot);
      }
    }

    private Slot next() {
      if (room.isEmpty()) {
        return tier.take(0);
      }
      reserved--;
      return room.pop();
    }

    /** Orders the whole as used, and lets go. */
    @Override
    public void close() {
      tier.used(0, held, 0, end);
      tier.unpin(held, 0, end);
      end = 0;
      while (!room.isEmpty()) {
        reserved--;
        tier.give(room.pop());
      }
    }
  }
}
