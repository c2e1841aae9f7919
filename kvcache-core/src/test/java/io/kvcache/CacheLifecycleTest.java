package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.GatedChunkIo;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Building, flushing, closing, and what is left behind. */
class CacheLifecycleTest {
  @TempDir Path directory;

  private final GatedChunkIo io = new GatedChunkIo();
  private final int[] tokens = FakeEngine.prompt(1, 165);

  private DirectoryStore open() {
    return DirectoryStore.builder(directory).io(io.factory()).open();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError("I/O threads are never interrupted", e);
    }
  }

  private KvSource source() {
    return new FakeEngine(Layouts.FULL, tokens).source();
  }

  private static List<Thread> ourThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("kvcache-"))
        .toList();
  }

  /** The thread has begun to wait; nothing else tells that from outside. */
  private static void awaitWaiting(Thread thread) {
    while (thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.TIMED_WAITING) {
      assertTrue(thread.isAlive(), "it did not wait");
      Thread.onSpinWait();
    }
  }

  @Test
  void nothingIsStartedOrAllocatedBeforeItIsNeeded() {
    List<Thread> before = ourThreads();
    try (KvCache cache = Layouts.cache(Layouts.FULL).build()) {
      assertEquals(0, cache.stats().dram().usedBytes());
      assertEquals(64 << 20, cache.stats().dram().capacityBytes());
      assertEquals(Optional.empty(), cache.stats().store());
      assertTrue(before.containsAll(ourThreads()));
    }
  }

  @Test
  void flushWaitsForTheWritesQueuedBeforeIt() throws InterruptedException {
    try (DirectoryStore store = open();
        KvCache cache = Layouts.cache(Layouts.FULL).store(store).build()) {
      CountDownLatch open = new CountDownLatch(1);
      io.writes = file -> awaitQuietly(open);
      CompletableFuture<PersistReport> persisted =
          cache.store(cache.keys(tokens), 165, source()).persisted();
      int[] written = {-1};
      Thread flusher =
          new Thread(
              () -> {
                cache.flush();
                written[0] = Caches.images(directory).size();
              });
      flusher.start();
      awaitWaiting(flusher);
      assertFalse(persisted.isDone());
      open.countDown();
      flusher.join();
      assertEquals(10, written[0]);
      assertEquals(0, cache.stats().dram().pinnedImages());
    }
  }

  @Test
  void closeWaitsForWrites() throws InterruptedException {
    try (DirectoryStore store = open()) {
      KvCache cache = Layouts.cache(Layouts.FULL).store(store).build();
      CountDownLatch open = new CountDownLatch(1);
      io.writes = file -> awaitQuietly(open);
      CompletableFuture<PersistReport> persisted =
          cache.store(cache.keys(tokens), 165, source()).persisted();
      Thread closer = new Thread(cache::close);
      closer.start();
      awaitWaiting(closer);
      open.countDown();
      closer.join();
      assertEquals(10, Caches.images(directory).size());
      assertEquals(0, cache.stats().dram().usedBytes());
      assertTrue(persisted.join().complete());
    }
  }

  @Test
  void closeAbandonsWritesAtItsTimeoutAndTheirReportsStillCome() {
    try (DirectoryStore store = open()) {
      KvCache cache =
          Layouts.cache(Layouts.FULL).store(store).closeTimeout(Duration.ofMillis(50)).build();
      CountDownLatch open = new CountDownLatch(1);
      io.writes = file -> awaitQuietly(open);
      CompletableFuture<PersistReport> persisted =
          cache.store(cache.keys(tokens), 165, source()).persisted();
      long start = System.nanoTime();
      cache.close();
      assertTrue(System.nanoTime() - start >= 50_000_000L, "it waited");
      assertFalse(persisted.isDone());
      assertTrue(cache.stats().dram().usedBytes() > 0, "bytes under way are not freed");
      open.countDown();
      assertTrue(persisted.join().complete());
      assertEquals(0, cache.stats().dram().usedBytes());
    }
  }

  @Test
  void closeIsIdempotentAndLeavesTheStoreOpen() {
    try (DirectoryStore store = open()) {
      KvCache cache = Layouts.cache(Layouts.FULL).store(store).build();
      Caches.fill(cache, tokens);
      cache.close();
      cache.close();
      assertFalse(store.isClosed());
      try (KvCache next = Layouts.cache(Layouts.FULL).store(store).build()) {
        assertEquals(160, Caches.restore(next, tokens));
      }
    }
  }

  @Test
  void storeAndCacheLeaveNoThreadBehind() throws InterruptedException {
    List<Thread> before = ourThreads();
    try (DirectoryStore store = DirectoryStore.open(directory);
        KvCache cache = Layouts.cache(Layouts.FULL).store(store).build()) {
      Caches.fill(cache, tokens);
      assertEquals(160, Caches.restore(cache, tokens));
      assertFalse(before.containsAll(ourThreads()), "there were threads to leave behind");
    }
    for (Thread thread : ourThreads()) {
      if (!before.contains(thread)) {
        thread.join(5_000);
        assertFalse(thread.isAlive(), thread.getName());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.fixture.Caches#layouts")
  void aCacheWithoutAStoreServesFromMemory(KvLayout layout) {
    KvCache cache = Layouts.cache(layout).build();
    assertEquals(0, Caches.restore(cache, tokens));
    Caches.fill(cache, tokens);
    assertEquals(160, cache.probe(cache.keys(tokens)));
    assertEquals(160, Caches.restore(cache, tokens));
    cache.flush();
    Caches.end(cache);
  }

  @Test
  void anEmptyPromptMatchesNothingAndStoresNothing() {
    try (DirectoryStore store = open();
        KvCache cache = Layouts.cache(Layouts.HYBRID).store(store).build()) {
      PromptKeys keys = cache.keys(new int[0]);
      assertEquals(0, cache.probe(keys));
      try (PrefixLease lease = cache.acquire(keys)) {
        assertEquals(0, lease.tokens());
        assertEquals(0, lease.chunks());
        assertEquals(0, lease.limit(0));
        assertEquals(ShortenedBy.NOTHING, lease.shortenedBy());
        assertEquals(Map.of(), lease.tokensByTier());
        assertEquals(
            0,
            lease.restore(
                (layer, part, from, count, rows) -> {
                  throw new AssertionError("nothing to deliver");
                }));
      }
      StoreReport report = cache.store(keys, 0, source());
      assertEquals(List.of(), report.chunks());
      assertTrue(report.persisted().join().complete());
    }
  }

  @Test
  void everyCallAfterCloseThrowsWithTheRemedy() {
    KvCache cache = Layouts.cache(Layouts.FULL).build();
    PromptKeys keys = cache.keys(tokens);
    cache.close();
    Stream.<org.junit.jupiter.api.function.Executable>of(
            () -> cache.keys(tokens),
            () -> cache.acquire(keys),
            () -> cache.probe(keys),
            () -> cache.store(keys, 165, source()),
            cache::flush)
        .forEach(
            use ->
                assertEquals(
                    "the cache is closed: build another one",
                    assertThrows(IllegalStateException.class, use).getMessage()));
    assertEquals(0, cache.stats().dram().usedBytes(), "what happened can still be asked");
  }

  @Test
  void twoCachesOverOneStoreShareItsChunks() {
    try (DirectoryStore store = open();
        KvCache one = Layouts.cache(Layouts.FULL).store(store).build();
        KvCache two = Layouts.cache(Layouts.FULL).store(store).build()) {
      Caches.fill(one, tokens);
      assertEquals(160, Caches.restore(two, tokens));
      assertEquals(Map.of(Tier.STORE, 160L), two.stats().hitTokens());
    }
  }
}
