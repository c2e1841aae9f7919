package io.kvcache;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * One request's hold on the longest stored prefix of its prompt: what it holds is not evicted until
 * it is closed. Always close it.
 *
 * <p>Chunks that were resident are there at once; the rest is being read when the lease is handed
 * out, as far as it fits, so {@link #tokens()} is a promise that trouble with a file can still
 * shorten. {@link #restore} and {@link #awaitLoaded} return what really came.
 *
 * <p>For one thread at a time. {@link #close} may come from any thread: a restore that is under way
 * stops at the next row and throws {@link IllegalStateException}. A sink may close its lease, and
 * otherwise leaves it alone.
 */
public interface PrefixLease extends AutoCloseable {
  /**
   * How many leading tokens need no prefill: an allowed cut, at most one less than the prompt (the
   * engine needs the last token's logits).
   */
  int tokens();

  /** Chunks that are delivered for that cut. */
  int chunks();

  /** {@link #tokens()} by the tier that served them. */
  Map<Tier, Integer> tokensByTier();

  /** Why it is not longer. */
  ShortenedBy shortenedBy();

  /**
   * Waits until every chunk is in memory at once and verified, at most the cache's restoreTimeout.
   * What does not come in time, or does not fit beside what others hold, shortens the lease: {@link
   * #restore} needs no such room, it streams. An interrupted caller stops waiting and gets what is
   * there.
   *
   * @return the final {@link #tokens()}
   */
  int awaitLoaded();

  /**
   * The i-th chunk, in place. Waits for it as {@link #awaitLoaded} does; call that first, since it
   * may leave fewer chunks.
   *
   * @throws IndexOutOfBoundsException if {@code i} is not below {@link #chunks()}
   */
  ChunkView chunk(int i);

  /**
   * Hands the rows to the engine: full groups first, then window, then state; within a group chunks
   * ascending, layers ascending, parts in order; one call for each part that the cut needs. Waits
   * for chunks that are still being read, at most the cache's restoreTimeout in all; what is not
   * there then is left out. If one fails, the cut falls to the longest allowed shorter one and
   * delivery goes on from there: ignore rows beyond the returned count. A prefix may be larger than
   * DRAM: its chunks stream through, see {@link KvSink#awaitCopies}. What the sink throws ends the
   * restore and reaches the caller; the lease stays usable.
   *
   * @return the tokens really restored
   * @throws IllegalStateException if the lease is closed, before or meanwhile
   */
  int restore(KvSink sink);

  /**
   * As {@link #restore}, with the sink running on an executor of the engine's. Until the result is
   * complete, only {@link #close} may be called. Cancelling it ends the restore at the next row;
   * the lease stays usable. After completion cancelling does nothing.
   *
   * @param sink the engine's KV memory
   * @param executor runs it, in one task; one that drops the task leaves the result open
   * @return completes with the tokens restored, on the cache's executor; exceptionally with what
   *     the sink threw, {@link IllegalStateException} if the lease was closed meanwhile, or {@link
   *     java.util.concurrent.RejectedExecutionException} if the executor takes no task
   * @throws IllegalStateException if the lease is closed
   */
  CompletableFuture<Integer> restoreAsync(KvSink sink, Executor executor);

  /**
   * Shortens the lease to the longest allowed chunk boundary at or below {@code tokens}; nothing
   * happens if that is not below {@link #tokens()}. Where a window or a state must be looked for,
   * waits for the store at most the lookupTimeout. Ranks of a tensor-parallel engine repeat
   * <i>smallest of all, limit</i> until all agree.
   *
   * @return {@link #tokens()} after it
   * @throws IllegalArgumentException for a negative number
   */
  int limit(int tokens);

  /** Gives everything back; idempotent. Every other method throws afterwards. */
  @Override
  void close();
}
