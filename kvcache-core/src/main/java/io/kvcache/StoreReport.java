package io.kvcache;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/**
 * What {@link KvCache#store} did with each whole chunk of the computed tokens. Being declined is no
 * error: the chunk is computed again next time.
 */
public final class StoreReport {
  private final List<StoreOutcome> chunks;
  private final CompletableFuture<PersistReport> persisted;

  /**
   * @param chunks outcome of each chunk, front first
   * @param persisted completes when the last write has ended
   */
  public StoreReport(List<StoreOutcome> chunks, CompletableFuture<PersistReport> persisted) {
    this.chunks = List.copyOf(chunks);
    this.persisted = Objects.requireNonNull(persisted, "persisted");
  }

  /** Outcome of each chunk, front first: staged, already present, or why it was declined. */
  public List<StoreOutcome> chunks() {
    return chunks;
  }

  /** Chunks copied in this call. */
  public int staged() {
    return Collections.frequency(chunks, StoreOutcome.STAGED);
  }

  /** Chunks for which the source was not asked. */
  public int alreadyPresent() {
    return Collections.frequency(chunks, StoreOutcome.ALREADY_PRESENT);
  }

  /** Chunks neither staged nor present. */
  public int declined() {
    return chunks.size() - staged() - alreadyPresent();
  }

  /**
   * What really reached the store. Never completes exceptionally; completes on the cache's
   * executor, so nothing that runs there may wait for it; for a cache without a store at once and
   * empty.
   */
  public CompletableFuture<PersistReport> persisted() {
    return persisted;
  }
}
