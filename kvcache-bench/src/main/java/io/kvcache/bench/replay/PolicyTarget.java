package io.kvcache.bench.replay;

import io.kvcache.ElementType;
import io.kvcache.KvLayout;
import io.kvcache.KvScope;
import io.kvcache.LayoutPart;
import io.kvcache.PromptKeys;
import io.kvcache.prefix.HashChain;
import io.kvcache.prefix.HashedPrompt;
import io.kvcache.spi.EvictionPolicy;
import io.kvcache.store.StoredChunk;
import io.kvcache.tier.CountedSlots;
import io.kvcache.tier.ResidentImage;
import io.kvcache.tier.Slot;
import io.kvcache.tier.SlotTier;

/**
 * The tier that serves requests, without bytes: what it keeps is decided as in life, and nothing is
 * moved. A path's ids are hashed as a prompt of one-token chunks, so blocks get their keys from the
 * real chain too.
 */
final class PolicyTarget implements ReplayTarget {
  private static final KvLayout ONE_TOKEN_CHUNKS =
      KvLayout.builder()
          .elementType(ElementType.I8)
          .full(new int[] {0}, new LayoutPart("kv", 1))
          .blockTokens(1)
          .chunkTokens(1)
          .build();

  private final SlotTier tier;

  PolicyTarget(int capacityBlocks, EvictionPolicy.Factory policy) {
    tier = new SlotTier(new CountedSlots(capacityBlocks), policy, (chunk, group) -> {});
  }

  @Override
  public Served serve(RequestPath path) {
    PromptKeys keys =
        HashedPrompt.of(ONE_TOKEN_CHUNKS, HashChain.DEFAULT_SEED, path.blocks(), KvScope.NONE);
    int blocks = keys.chunks();
    ResidentImage[] held = new ResidentImage[blocks];
    int resident = tier.pinLeading(keys, 0, 0, blocks, held);
    for (int i = resident; i < blocks; i++) {
      Slot slot = tier.take(0);
      if (slot == null) {
        break;
      }
      held[i] = tier.publish(StoredChunk.of(keys, i), slot);
    }
    tier.used(0, held, 0, blocks);
    tier.unpin(held, 0, blocks);
    int hits = Math.min(resident, path.inputBlocks());
    return new Served(hits, hits, 0, 0, 0);
  }

  @Override
  public long evictions() {
    return tier.stats().evicted();
  }

  @Override
  public void close() {
    tier.close();
  }
}
