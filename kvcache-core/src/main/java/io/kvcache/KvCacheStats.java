package io.kvcache;

import io.kvcache.store.StoreStats;
import java.util.Map;
import java.util.Optional;

/**
 * Counters of one cache since it was built. Read without a lock: each is exact, together they are
 * of about the same moment. Token counts are of leading tokens that needed no prefill.
 *
 * @param acquires leases asked for, those whose future was cancelled included
 * @param promptTokens tokens of the prompts they were for
 * @param acquireNanos time from asking for those leases to having them, waits for the store
 *     included
 * @param hitTokens tokens they promised, by the tier that held them
 * @param hitChunks chunks they promised, by the tier that held them
 * @param shortened leases by the reason why they were not longer; at their end, so that trouble
 *     while reading is in it
 * @param restores restores that ended without an exception
 * @param restoredTokens tokens those really restored
 * @param restoredBytes bytes of images whose rows went to sinks, by the tier that held them; of
 *     every restore, and again for each time
 * @param restoreNanos time that restores took, the engine's sinks included
 * @param waitNanos time that restores and calls of {@link PrefixLease#awaitLoaded} waited for reads
 *     and slots
 * @param stagedChunks chunks that stores copied in
 * @param presentChunks chunks that stores found present
 * @param declined chunks that stores declined, by reason
 * @param openLeases leases not closed yet
 * @param openStores begun stores neither committed nor closed yet
 * @param leaked leases and begun stores that were dropped without a close; counted only with {@link
 *     KvCacheBuilder#reportLeaks}
 * @param hbm the tier in device memory, if there is one
 * @param dram the DRAM tier
 * @param store the store, if there is one; shared counters if other caches use it too
 */
public record KvCacheStats(
    long acquires,
    long promptTokens,
    long acquireNanos,
    Map<Tier, Long> hitTokens,
    Map<Tier, Long> hitChunks,
    Map<ShortenedBy, Long> shortened,
    long restores,
    long restoredTokens,
    Map<Tier, Long> restoredBytes,
    long restoreNanos,
    long waitNanos,
    long stagedChunks,
    long presentChunks,
    Map<StoreOutcome, Long> declined,
    long openLeases,
    long openStores,
    long leaked,
    Optional<HbmStats> hbm,
    TierStats dram,
    Optional<StoreStats> store) {
  public KvCacheStats {
    hitTokens = Map.copyOf(hitTokens);
    hitChunks = Map.copyOf(hitChunks);
    restoredBytes = Map.copyOf(restoredBytes);
    shortened = Map.copyOf(shortened);
    declined = Map.copyOf(declined);
  }
}
