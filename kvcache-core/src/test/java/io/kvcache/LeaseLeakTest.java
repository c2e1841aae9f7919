package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kvcache.fixture.Await;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.LeaksEndTheBuild;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Leases that nobody closes: named where they were taken, if somebody asked for it. */
@Timeout(60)
class LeaseLeakTest {
  private final int[] tokens = FakeEngine.prompt(1, 100);

  private static void dropALease(KvCache cache, int[] tokens) {
    cache.acquire(cache.keys(tokens));
  }

  private static void dropABegunStore(KvCache cache, int[] tokens) {
    cache.beginStore(cache.keys(tokens), tokens.length);
  }

  @BeforeEach
  void memoryIsLostOnPurpose() {
    LeaksEndTheBuild.allow(2);
  }

  @Test
  void aDroppedLeaseAndADroppedStoreAreCounted() {
    KvCache cache = Layouts.cache(Layouts.FULL).reportLeaks().build();
    Caches.fill(cache, tokens);
    assertEquals(96, Caches.restore(cache, tokens));
    try (PendingStore pending = cache.beginStore(cache.keys(tokens), 0)) {
      pending.commit();
    }
    dropALease(cache, tokens);
    awaitLeaks(cache, 1);
    dropABegunStore(cache, FakeEngine.prompt(2, 100));
    awaitLeaks(cache, 2);
    assertEquals(1, cache.stats().openLeases());
    assertEquals(6, cache.stats().dram().pinnedImages(), "rows may be in use: nothing is reused");
    cache.close();
  }

  private static void awaitLeaks(KvCache cache, long count) {
    Await.until(
        () -> {
          System.gc();
          return cache.stats().leaked() >= count;
        });
    assertEquals(count, cache.stats().leaked());
  }

  @Test
  void nothingIsWatchedUnlessAskedFor() {
    KvCache cache = Layouts.cache(Layouts.FULL).build();
    dropALease(cache, tokens);
    System.gc();
    assertEquals(0, cache.stats().leaked());
    cache.close();
  }
}
