package io.kvcache.bench.replay;

import io.kvcache.PromptKeys;
import io.kvcache.spi.EvictionPolicy;
import io.kvcache.store.StoredChunk;
import io.kvcache.tier.CountedSlots;
import io.kvcache.tier.ResidentImage;
import io.kvcache.tier.Slot;
import io.kvcache.tier.SlotTier;

/** A tier that decides as one that serves, and moves nothing. */
final class CountedTier implements AutoCloseable {
  private final SlotTier tier;

  CountedTier(int capacityBlocks, EvictionPolicy.Factory policy) {
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
    int blocks = keys.chunks();
    ResidentImage[] held = new ResidentImage[blocks];
    int resident = tier.pinLeading(keys, 0, 0, blocks, held);
    int end = resident;
    for (; end < blocks; end++) {
      Slot slot = tier.take(0);
      if (slot == null) {
        break;
      }
      held[end] = tier.publish(StoredChunk.of(keys, end), slot);
    }
    tier.used(0, held, 0, end);
    tier.unpin(held, 0, end);
    return new Visit(resident, end - resident);
  }

  long evictions() {
    return tier.stats().evicted();
  }

  @Override
  public void close() {
    tier.close();
  }
}
