package io.kvcache.bench.replay;

import io.kvcache.ElementType;
import io.kvcache.KvLayout;
import io.kvcache.KvScope;
import io.kvcache.LayoutPart;
import io.kvcache.PromptKeys;
import io.kvcache.prefix.HashChain;
import io.kvcache.prefix.HashedPrompt;

/**
 * Keys of paths. A path's ids are hashed as a prompt of one-token chunks, so blocks get their keys
 * from the real chain.
 */
public final class PathKeys {
  private static final KvLayout ONE_TOKEN_CHUNKS =
      KvLayout.builder()
          .elementType(ElementType.I8)
          .full(new int[] {0}, new LayoutPart("kv", 1))
          .blockTokens(1)
          .chunkTokens(1)
          .build();

  private PathKeys() {}

  /** One key for each block. */
  public static PromptKeys of(int... blocks) {
    return HashedPrompt.of(ONE_TOKEN_CHUNKS, HashChain.DEFAULT_SEED, blocks, KvScope.NONE);
  }
}
