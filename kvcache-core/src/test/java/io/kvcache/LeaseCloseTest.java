package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.kvcache.fixture.Await;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class LeaseCloseTest {
  private final int[] tokens = FakeEngine.prompt(1, 100);
  private KvCache cache;
  private PrefixLease lease;

  @BeforeEach
  void acquire() {
    cache = Layouts.cache(Layouts.FULL).build();
    Caches.fill(cache, tokens);
    lease = cache.acquire(cache.keys(tokens));
  }

  @AfterEach
  void everythingIsGivenBack() {
    lease.close();
    assertEquals(0, cache.stats().dram().pinnedImages());
    assertEquals(0, cache.stats().openLeases());
    cache.close();
    assertEquals(0, cache.stats().dram().usedBytes());
  }

  @Test
  void closeIsIdempotent() {
    PrefixLease other = cache.acquire(cache.keys(tokens));
    lease.close();
    lease.close();
    assertEquals(1, cache.stats().openLeases());
    assertEquals(6, cache.stats().dram().pinnedImages(), "the other lease's pins stay");
    other.close();
  }

  @Test
  void everyUseAfterCloseThrows() {
    ChunkView view = lease.chunk(0);
    lease.close();
    Stream.<Executable>of(
            lease::tokens,
            lease::chunks,
            lease::tokensByTier,
            lease::shortenedBy,
            lease::awaitLoaded,
            () -> lease.chunk(0),
            () -> lease.restore((layer, part, from, count, rows) -> {}),
            () -> lease.limit(0),
            () -> view.rows(0, 0))
        .forEach(
            use ->
                assertEquals(
                    "the lease is closed: acquire another one",
                    assertThrows(IllegalStateException.class, use).getMessage()));
  }

  @Test
  void closeFromAnotherThreadStopsARestoreAtTheNextRow() throws InterruptedException {
    AtomicInteger rows = new AtomicInteger();
    Thread closer = new Thread(lease::close, "closer");
    KvSink sink =
        (layer, part, from, count, bytes) -> {
          if (rows.incrementAndGet() == 3) {
            closer.start();
            // Blocked on the lease that this restore holds: it has said that it wants to close.
            Await.state(closer, Thread.State.BLOCKED);
            assertEquals(6, cache.stats().dram().pinnedImages(), "bytes in use are not given back");
          }
        };
    assertEquals(
        "the lease is closed: acquire another one",
        assertThrows(IllegalStateException.class, () -> lease.restore(sink)).getMessage());
    closer.join();
    assertEquals(3, rows.get());
    assertEquals(0, cache.stats().dram().pinnedImages());
  }

  @Test
  void closeFromTheSinkStopsTheRestoreWhereverItComes() {
    int all = 6 * 2 * 2;
    for (int stop = 1; stop < all; stop++) {
      int last = stop;
      AtomicInteger rows = new AtomicInteger();
      PrefixLease own = cache.acquire(cache.keys(tokens));
      KvSink sink =
          (layer, part, from, count, bytes) -> {
            if (rows.incrementAndGet() == last) {
              own.close();
            }
          };
      assertEquals(
          "the lease is closed: acquire another one",
          assertThrows(IllegalStateException.class, () -> own.restore(sink)).getMessage());
      assertEquals(stop, rows.get());
    }
  }

  @Test
  void aLeaseOutlivesItsCacheAndThenFreesItsMemory() {
    cache.close();
    assertEquals(96, lease.restore(new FakeEngine(Layouts.FULL, tokens).verifier()));
    assertEquals(6 * Caches.namespace(Layouts.FULL).chunkBytes(), cache.stats().dram().usedBytes());
    lease.close();
    assertEquals(0, cache.stats().dram().usedBytes());
  }
}
