package io.kvcache.bench.replay;

import io.kvcache.ElementType;
import io.kvcache.KvLayout;
import io.kvcache.KvScope;
import io.kvcache.LayoutPart;
import io.kvcache.PromptKeys;
import io.kvcache.prefix.HashChain;
import io.kvcache.prefix.HashedPrompt;
import io.kvcache.spi.EvictionPolicy;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The tiers that serve requests, without bytes: what they keep is decided as in life, and nothing
 * is moved. A path's ids are hashed as a prompt of one-token chunks, so blocks get their keys from
 * the real chain too.
 *
 * <p>With files behind it, memory is a cache over them: every block that is not in a file is
 * written to one, whether it is new or its file was evicted, and every block of a path ends up in
 * memory, read or computed. So memory holds what it would hold alone. Each tier is closed under
 * prefixes, so the longer of their two is the longest prefix that is in any.
 */
final class PolicyTarget implements ReplayTarget {
  private static final KvLayout ONE_TOKEN_CHUNKS =
      KvLayout.builder()
          .elementType(ElementType.I8)
          .full(new int[] {0}, new LayoutPart("kv", 1))
          .blockTokens(1)
          .chunkTokens(1)
          .build();

  private final CountedTier memory;
  private final Optional<CountedTier> files;

  /**
   * @param fileBlocks how many blocks are kept in files; empty for memory alone
   */
  PolicyTarget(int capacityBlocks, OptionalInt fileBlocks, EvictionPolicy.Factory policy) {
    memory = new CountedTier(capacityBlocks, policy);
    files =
        fileBlocks.isPresent()
            ? Optional.of(new CountedTier(fileBlocks.getAsInt(), policy))
            : Optional.empty();
  }

  @Override
  public Served serve(RequestPath path) {
    PromptKeys keys =
        HashedPrompt.of(ONE_TOKEN_CHUNKS, HashChain.DEFAULT_SEED, path.blocks(), KvScope.NONE);
    CountedTier.Visit inMemory = memory.serve(keys);
    CountedTier.Visit inFiles = files.map(f -> f.serve(keys)).orElse(CountedTier.Visit.NONE);
    int hits = Math.max(inMemory.resident(), inFiles.resident());
    return new Served(
        Math.min(hits, path.inputBlocks()),
        Math.min(inMemory.resident(), path.inputBlocks()),
        inFiles.inserted(),
        0,
        0);
  }

  @Override
  public long evictions() {
    return memory.evictions();
  }

  @Override
  public void close() {
    memory.close();
    files.ifPresent(CountedTier::close);
  }
}
