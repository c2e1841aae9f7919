package io.kvcache.tier;

import io.kvcache.PromptKeys;
import io.kvcache.store.StoredChunk;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the longest prefix of one prompt in DRAM and in the store. Stateless but for what it asks.
 */
final class PrefixLookup {
  /**
   * What was found.
   *
   * @param reachable leading chunks whose full images are there
   * @param cut chunks of the longest allowed cut within those
   * @param answered whether the store, if there is one, answered
   */
  record Found(int reachable, int cut, boolean answered) {}

  private static final Logger log = LoggerFactory.getLogger(PrefixLookup.class);

  private final TieredKvCache cache;
  private final PromptKeys keys;
  private final AllowedCuts cuts;

  PrefixLookup(TieredKvCache cache, PromptKeys keys, AllowedCuts cuts) {
    this.cache = cache;
    this.keys = keys;
    this.cuts = cuts;
  }

  /**
   * Looks beyond what is resident; asks the store only if that could make the cut longer.
   *
   * @param resident leading chunks whose full images are in DRAM
   */
  Found longest(int resident) {
    int here = cuts.longest(resident, this::resident);
    Found alone = new Found(resident, here, cache.directory.isEmpty());
    if (cache.directory.isEmpty() || here == cuts.mostChunks()) {
      return new Found(resident, here, true);
    }
    return await(
        cache
            .directory
            .get()
            .onPool(
                () -> {
                  int reachable =
                      cache.directory.get().leadingChunks(keys, resident, keys.chunks());
                  return new Found(reachable, cuts.longest(reachable, this::anywhere), true);
                },
                alone),
        alone);
  }

  /**
   * The longest allowed cut within what is known to be there.
   *
   * @param limit chunks at most
   * @param usable rules out images that were found wanting
   */
  int longestWithin(int limit, AllowedCuts.Availability usable) {
    int here =
        cuts.longest(limit, (group, chunk) -> usable.has(group, chunk) && resident(group, chunk));
    if (cache.directory.isEmpty() || here == Math.min(limit, cuts.mostChunks())) {
      return here;
    }
    return await(
        cache
            .directory
            .get()
            .onPool(
                () ->
                    cuts.longest(
                        limit,
                        (group, chunk) -> usable.has(group, chunk) && anywhere(group, chunk)),
                here),
        here);
  }

  private boolean resident(int group, int chunk) {
    return cache.dram.holds(StoredChunk.of(keys, chunk), group);
  }

  private boolean anywhere(int group, int chunk) {
    return resident(group, chunk) || cache.directory.orElseThrow().holds(keys, chunk, group);
  }

  /** Waits for the store; an interrupted request keeps its flag and makes do without the answer. */
  static <T> T await(CompletableFuture<T> answer, T otherwise) {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return otherwise;
    } catch (ExecutionException e) {
      log.warn("a lookup broke; the request makes do without the store", e.getCause());
      return otherwise;
    }
  }
}
