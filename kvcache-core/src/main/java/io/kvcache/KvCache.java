package io.kvcache;

import java.util.concurrent.CompletableFuture;

/**
 * A KV cache for one loaded model on one rank: finds the longest stored prefix of a prompt, hands
 * its bytes back, and takes the bytes of what was computed.
 *
 * <pre>{@code
 * PromptKeys keys = cache.keys(tokens, KvScope.of(tenant));
 * int start;
 * try (PrefixLease hit = cache.acquire(keys)) {
 *   start = hit.restore((layer, part, from, count, rows) -> engine.write(layer, part, from, count, rows));
 * }
 * engine.prefill(tokens, start);
 * cache.store(keys, tokens.length, (layer, part, from, count, rows) -> engine.read(layer, part, from, count, rows));
 * }</pre>
 *
 * <p>Thread-safe: any number of requests may use it at once. Trouble with storage is never thrown:
 * it makes a prefix shorter or declines a store, is counted in {@link #stats()} and said in {@link
 * PrefixLease#shortenedBy()} and {@link StoreReport}. Misuse throws at the call: {@link
 * IllegalArgumentException} for keys of another chunk or block size, {@link IllegalStateException}
 * for calls about prompts once the cache is closed. Engine code (sinks and sources) runs on the
 * calling thread only, or on the executor given with it.
 *
 * <p>Futures complete on one thread of the cache's: what depends on them must be short, and must
 * not wait for another result of this cache.
 */
public interface KvCache extends AutoCloseable {
  /** Starts the settings of a cache. */
  static KvCacheBuilder builder() {
    return new KvCacheBuilder();
  }

  /** {@link #keys(int[], KvScope)} in the scope without salt, adapter or media. */
  default PromptKeys keys(int[] tokens) {
    return keys(tokens, KvScope.NONE);
  }

  /**
   * Hashes a prompt.
   *
   * @param tokens ids as forwarded, BOS included, 0 to 2^31-1; may be empty (then nothing matches).
   *     Not kept
   * @param scope what separates equal tokens
   * @throws IllegalArgumentException for a negative id, with its index
   */
  PromptKeys keys(int[] tokens, KvScope scope);

  /**
   * Takes the longest stored prefix: pins what is resident and starts reading the rest, as far as
   * there is room. Waits for the store's answer, at most the lookupTimeout; without it, or if the
   * caller is interrupted, what is resident counts.
   *
   * @param keys made by this cache
   */
  PrefixLease acquire(PromptKeys keys);

  /**
   * As {@link #acquire}, without waiting: reads start while the request queues. Cancelling gives
   * everything back; after completion it does nothing, and the lease is the caller's to close.
   * Cancel this future itself: one made from it does not pass it on.
   *
   * @param keys made by this cache
   * @return completes on the cache's executor, within the lookupTimeout, never with trouble of the
   *     store's
   */
  CompletableFuture<PrefixLease> acquireAsync(PromptKeys keys);

  /**
   * The tokens that {@link #acquire} would promise now, without holding or reading anything: for
   * routers. Waits for the store's answer as that does. Not counted.
   *
   * @param keys made by this cache
   */
  int probe(PromptKeys keys);

  /**
   * Takes the rows of every whole chunk of the first {@code computedTokens} tokens that is not
   * there yet. The rows are copied on this thread, written to the store on others. Waits for the
   * store to say what it has, at most the lookupTimeout, and never for room or a write.
   *
   * @param keys made by this cache
   * @param computedTokens how many leading tokens of the prompt the engine holds rows of, 0 to
   *     {@code keys.tokens()}
   * @param source the engine's KV memory; what it throws reaches the caller
   */
  StoreReport store(PromptKeys keys, int computedTokens, KvSource source);

  /**
   * As {@link #store}, for engines that copy asynchronously: takes slots for what is not there yet,
   * as far as there is room, and leaves it to the engine to fill them and commit. Waits for the
   * store to say what it has, at most the lookupTimeout, and never for room.
   *
   * @param keys made by this cache
   * @param computedTokens how many leading tokens of the prompt the engine has rows of, 0 to {@code
   *     keys.tokens()}
   */
  PendingStore beginStore(PromptKeys keys, int computedTokens);

  /**
   * Where an engine with state layers must keep its state for {@link #store}: token counts c with
   * {@code from < c <= to}, ascending: after each chunk i with (i + 1) % stateEvery = 0, and after
   * the last whole chunk up to {@code to}. Empty for a layout without state.
   *
   * @param from tokens already there
   * @param to tokens that will have been computed
   */
  int[] stateCuts(int from, int to);

  /** What this cache holds bytes of. */
  KvLayout layout();

  /** Counters and gauges of this moment. */
  KvCacheStats stats();

  /**
   * Waits until every write queued before this call has ended, as long as that takes; one that
   * hangs has ended at the store's ioTimeout. Interrupts are not heeded.
   */
  void flush();

  /**
   * Removes the chunks of one tenant for real: from this cache's memory at once, and from the store
   * those of all models and ranks, by a scan that reads every header and takes as long as that
   * takes. Writes under way are waited for, as in {@link #flush}; one that hung may still come
   * about afterwards. What leases hold now is freed as they close; requests of that tenant that go
   * on meanwhile may store new chunks, and caches of other processes keep theirs: stop the first,
   * and purge the others too.
   *
   * @param scope with the tenant's salt; its other settings do not matter
   * @throws IllegalArgumentException for a scope without a salt, which names no tenant
   */
  PurgeReport purge(KvScope scope);

  /**
   * Ends the cache: no new calls, waits for writes and a copy to the device under way, but at most
   * the builder's closeTimeout, then logs what it abandoned. Memory of leases still open is freed
   * when they close. Idempotent. Does not close the store.
   */
  @Override
  void close();
}
