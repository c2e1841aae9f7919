package io.kvcache.bench.replay;

import io.kvcache.PromptKeys;
import io.kvcache.spi.EvictionPolicy;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The tiers that serve requests, without bytes: what they keep is decided as in life, and nothing
 * is moved.
 *
 * <p>With files behind it, memory is a cache over them: every block that is not in a file is
 * written to one, whether it is new or its file was evicted, and every block of a path ends up in
 * memory, read or computed. So memory holds what it would hold alone. Each tier is closed under
 * prefixes, so the longer of their two is the longest prefix that is in any.
 */
final class PolicyTarget implements ReplayTarget {
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
    PromptKeys keys = PathKeys.of(path.blocks());
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
