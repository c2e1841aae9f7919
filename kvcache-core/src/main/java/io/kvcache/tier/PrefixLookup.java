package io.kvcache.tier;

import io.kvcache.PromptKeys;
import io.kvcache.ShortenedBy;
import io.kvcache.store.ChunkDirectory;
import io.kvcache.store.StoredChunk;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Finds the longest prefix of one prompt in DRAM and in the store. Stateless but for what it asks.
 */
final class PrefixLookup {
  /**
   * What was found.
   *
   * @param reachable leading chunks whose full images are there
   * @param cut chunks of the longest allowed cut within those
   * @param trouble why the store did not answer; null if it did, or was not needed
   */
  record Found(int reachable, int cut, ShortenedBy trouble) {
    Found after(ShortenedBy what) {
      return new Found(reachable, cut, what);
    }
  }

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
  Found longest(int resident, Patience patience) {
    Found alone = alone(resident);
    CompletableFuture<Found> answer = ask(resident, alone, patience);
    ShortenedBy trouble = patience.await(answer);
    return answer.getNow(alone.after(trouble));
  }

  /** As {@link #longest}, without waiting: completes when there is no time left at the latest. */
  CompletableFuture<Found> longestAsync(int resident, Patience patience) {
    Found alone = alone(resident);
    return patience.orElse(ask(resident, alone, patience), alone.after(ShortenedBy.DEADLINE));
  }

  private Found alone(int resident) {
    return new Found(resident, cuts.longest(resident, this::resident), null);
  }

  private CompletableFuture<Found> ask(int resident, Found alone, Patience patience) {
    if (cache.directory.isEmpty() || alone.cut() == cuts.mostChunks()) {
      return CompletableFuture.completedFuture(alone);
    }
    ChunkDirectory directory = cache.directory.get();
    return onPool(
        () -> {
          int reachable = directory.leadingChunks(keys, resident, keys.chunks());
          return new Found(reachable, cuts.longest(reachable, this::anywhere), null);
        },
        alone.after(ShortenedBy.TIER_DOWN),
        patience);
  }

  /**
   * The longest allowed cut within what is known to be there.
   *
   * @param limit chunks at most
   * @param usable rules out images that were found wanting
   */
  int longestWithin(int limit, AllowedCuts.Availability usable, Patience patience) {
    int here =
        cuts.longest(limit, (group, chunk) -> usable.has(group, chunk) && resident(group, chunk));
    if (cache.directory.isEmpty()
        || here == Math.min(limit, cuts.mostChunks())
        || patience.isOver()) {
      return here;
    }
    return patience.get(
        onPool(
            () ->
                cuts.longest(
                    limit, (group, chunk) -> usable.has(group, chunk) && anywhere(group, chunk)),
            here,
            patience),
        here);
  }

  /** A lookup that nobody waits for any more costs nothing: its turn may come late. */
  private <T> CompletableFuture<T> onPool(Supplier<T> lookup, T ifDown, Patience patience) {
    return cache
        .directory
        .orElseThrow()
        .onPool(() -> patience.isOver() ? ifDown : lookup.get(), ifDown);
  }

  private boolean resident(int group, int chunk) {
    return cache.dram.holds(StoredChunk.of(keys, chunk), group);
  }

  private boolean anywhere(int group, int chunk) {
    return resident(group, chunk) || cache.directory.orElseThrow().holds(keys, chunk, group);
  }
}
