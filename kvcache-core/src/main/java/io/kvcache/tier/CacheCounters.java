package io.kvcache.tier;

import io.kvcache.HbmStats;
import io.kvcache.KvCacheStats;
import io.kvcache.ShortenedBy;
import io.kvcache.StoreOutcome;
import io.kvcache.Tier;
import io.kvcache.TierStats;
import io.kvcache.store.StoreStats;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/** What one cache counts. Thread-safe without locks. */
final class CacheCounters {
  private final LongAdder acquires = new LongAdder();
  private final LongAdder promptTokens = new LongAdder();
  private final LongAdder openLeases = new LongAdder();
  private final LongAdder openStores = new LongAdder();
  private final LongAdder restores = new LongAdder();
  private final LongAdder restoreNanos = new LongAdder();
  private final LongAdder restoredTokens = new LongAdder();
  private final LongAdder acquireNanos = new LongAdder();
  private final LongAdder waitNanos = new LongAdder();
  private final Map<Tier, LongAdder> hitTokens = adders(Tier.class);
  private final Map<Tier, LongAdder> hitChunks = adders(Tier.class);
  private final Map<Tier, LongAdder> restoredBytes = adders(Tier.class);
  private final Map<ShortenedBy, LongAdder> shortened = adders(ShortenedBy.class);
  private final Map<StoreOutcome, LongAdder> stored = adders(StoreOutcome.class);

  private static <K extends Enum<K>> Map<K, LongAdder> adders(Class<K> type) {
    Map<K, LongAdder> adders = new EnumMap<>(type);
    for (K key : type.getEnumConstants()) {
      adders.put(key, new LongAdder());
    }
    return adders;
  }

  private static <K extends Enum<K>> Map<K, Long> sums(Class<K> type, Map<K, LongAdder> adders) {
    Map<K, Long> sums = new EnumMap<>(type);
    adders.forEach(
        (key, adder) -> {
          if (adder.sum() != 0) {
            sums.put(key, adder.sum());
          }
        });
    return sums;
  }

  void leaseOpened() {
    openLeases.increment();
  }

  /** A lease is handed out, so many nanoseconds after it was asked for. */
  void acquired(int tokens, long nanos) {
    acquires.increment();
    promptTokens.add(tokens);
    acquireNanos.add(nanos);
  }

  void hit(Tier tier, int chunks, int tokens) {
    hitChunks.get(tier).add(chunks);
    hitTokens.get(tier).add(tokens);
  }

  /** An image's rows were given to an engine. */
  void delivered(Tier tier, long bytes) {
    restoredBytes.get(tier).add(bytes);
  }

  /** A restore waited so long for a read or a slot. */
  void waited(long nanos) {
    waitNanos.add(nanos);
  }

  void restored(int tokens, long nanos) {
    restores.increment();
    restoreNanos.add(nanos);
    restoredTokens.add(tokens);
  }

  void leaseClosed() {
    openLeases.decrement();
  }

  /** Why a lease that was handed out was not longer, at its end. */
  void shortened(ShortenedBy reason) {
    shortened.get(reason).increment();
  }

  void storeBegun() {
    openStores.increment();
  }

  void storeEnded() {
    openStores.decrement();
  }

  void stored(StoreOutcome outcome) {
    stored.get(outcome).increment();
  }

  long openLeases() {
    return openLeases.sum();
  }

  KvCacheStats snapshot(
      long leaked, Optional<HbmStats> hbm, TierStats dram, Optional<StoreStats> store) {
    Map<StoreOutcome, Long> declined = sums(StoreOutcome.class, stored);
    declined.remove(StoreOutcome.STAGED);
    declined.remove(StoreOutcome.ALREADY_PRESENT);
    return new KvCacheStats(
        acquires.sum(),
        promptTokens.sum(),
        acquireNanos.sum(),
        sums(Tier.class, hitTokens),
        sums(Tier.class, hitChunks),
        sums(ShortenedBy.class, shortened),
        restores.sum(),
        restoredTokens.sum(),
        sums(Tier.class, restoredBytes),
        restoreNanos.sum(),
        waitNanos.sum(),
        stored.get(StoreOutcome.STAGED).sum(),
        stored.get(StoreOutcome.ALREADY_PRESENT).sum(),
        declined,
        openLeases(),
        openStores.sum(),
        leaked,
        hbm,
        dram,
        store);
  }
}
