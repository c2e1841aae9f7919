package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Await;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.GatedChunkIo;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Prefixes that do not fit into memory, alone and many at once. */
@Timeout(60)
class StreamingTest {
  private static final int TOKENS = 165;
  private static final int ALL = 160;

  @TempDir Path directory;

  private final GatedChunkIo io = new GatedChunkIo();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private DirectoryStore store;

  @BeforeEach
  void open() {
    store = DirectoryStore.builder(directory).io(io.factory()).open();
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
    store.close();
  }

  private void fill(KvLayout layout, int... seeds) {
    KvCacheBuilder settings = Layouts.cache(layout).store(store);
    try (KvCache cache = (layout.hasState() ? settings.stateEvery(2) : settings).build()) {
      for (int seed : seeds) {
        Caches.fill(cache, FakeEngine.prompt(seed, TOKENS));
      }
    }
  }

  private KvCache small(KvLayout layout, int chunks) {
    long chunk = Caches.namespace(layout).chunkBytes();
    return Caches.ofChunks(layout, chunks).staging(chunk).store(store).build();
  }

  private static void assertNothingStaged(KvCache cache) {
    Caches.assertAllGivenBack(cache);
    assertEquals(0, cache.stats().dram().stagingUsedBytes());
    Caches.end(cache);
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.fixture.Caches#layouts")
  void aPrefixLargerThanMemoryGoesThroughASingleStagingSlot(KvLayout layout) {
    fill(layout, 1);
    int[] tokens = FakeEngine.prompt(1, TOKENS);
    for (int chunks = 1; chunks <= 4; chunks++) {
      KvCache cache = small(layout, chunks);
      for (int turn = 0; turn < 3; turn++) {
        try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
          assertEquals(ALL, lease.tokens());
          assertEquals(turn > 0, lease.tokensByTier().containsKey(Tier.DRAM), "its front stays");
          assertEquals(ALL, lease.restore(new FakeEngine(layout, tokens).verifier()));
          assertEquals(ShortenedBy.NOTHING, lease.shortenedBy());
          assertEquals(0, cache.stats().dram().stagingUsedBytes(), "nobody streams any more");
        }
      }
      assertNothingStaged(cache);
    }
  }

  @Test
  void thirtyTwoRequestsThatEachWantMoreThanHalfOfMemoryAllGetThrough() throws Exception {
    int requests = 32;
    int[] seeds = new int[requests];
    for (int i = 0; i < requests; i++) {
      seeds[i] = i;
    }
    fill(Layouts.HYBRID, seeds);
    KvCache cache = small(Layouts.HYBRID, 10);
    CyclicBarrier acquired = new CyclicBarrier(requests);
    List<Future<Integer>> restored = new ArrayList<>();
    for (int seed : seeds) {
      int[] tokens = FakeEngine.prompt(seed, TOKENS);
      restored.add(
          threads.submit(
              () -> {
                try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
                  acquired.await();
                  return lease.restore(new FakeEngine(Layouts.HYBRID, tokens).verifier());
                }
              }));
    }
    for (Future<Integer> tokens : restored) {
      assertEquals(ALL, tokens.get());
    }
    assertNothingStaged(cache);
  }

  @Test
  void leasesThatOneThreadKeepsOpenDoNotHoldUpTheNext() {
    fill(Layouts.FULL, 0, 1, 2, 3, 4, 5, 6, 7);
    KvCache cache = small(Layouts.FULL, 5);
    Deque<PrefixLease> open = new ArrayDeque<>();
    for (int seed = 0; seed < 8; seed++) {
      int[] tokens = FakeEngine.prompt(seed, TOKENS);
      PrefixLease lease = cache.acquire(cache.keys(tokens));
      open.add(lease);
      assertEquals(ALL, lease.restore(new FakeEngine(Layouts.FULL, tokens).verifier()));
    }
    open.forEach(PrefixLease::close);
    assertNothingStaged(cache);
  }

  @Test
  void requestsThatStreamTheSamePromptShareItsReads() throws Exception {
    fill(Layouts.FULL, 1);
    int[] tokens = FakeEngine.prompt(1, TOKENS);
    KvCache cache = small(Layouts.FULL, 9);
    Path last = Caches.file(directory, cache.keys(tokens), 9, 0);
    Map<Path, AtomicInteger> reads = new ConcurrentHashMap<>();
    CountDownLatch bothWait = new CountDownLatch(1);
    io.reads =
        file -> {
          reads.computeIfAbsent(file, f -> new AtomicInteger()).incrementAndGet();
          if (file.equals(last)) {
            awaitQuietly(bothWait);
          }
        };
    try (PrefixLease a = cache.acquire(cache.keys(tokens));
        PrefixLease b = cache.acquire(cache.keys(tokens))) {
      CountDownLatch atNine = new CountDownLatch(2);
      List<Future<Integer>> restored = new ArrayList<>();
      for (PrefixLease lease : List.of(a, b)) {
        KvSink sink = new FakeEngine(Layouts.FULL, tokens).verifier();
        restored.add(
            threads.submit(
                () ->
                    lease.restore(
                        (layer, part, from, count, rows) -> {
                          sink.write(layer, part, from, count, rows);
                          if (from == 8 * Layouts.CHUNK && layer == 1 && part == 1) {
                            atNine.countDown();
                          }
                        })));
      }
      atNine.await();
      bothWait.countDown();
      for (Future<Integer> tokensRestored : restored) {
        assertEquals(ALL, tokensRestored.get());
      }
    }
    assertEquals(10, reads.size());
    reads.forEach(
        (file, count) -> assertTrue(count.get() <= (file.equals(last) ? 2 : 1), "" + file));
    assertNothingStaged(cache);
  }

  /** Copies when it is asked to, as a device does. */
  private static final class LateCopies implements KvSink {
    private final FakeEngine engine;
    private final List<Runnable> pending = new ArrayList<>();
    int waits;

    LateCopies(FakeEngine engine) {
      this.engine = engine;
    }

    @Override
    public void write(int layer, int part, int from, int count, ByteBuffer rows) {
      FakeEngine.Call call = new FakeEngine.Call(layer, part, from, count);
      pending.add(() -> engine.check(call, rows));
    }

    @Override
    public void awaitCopies() {
      waits++;
      pending.forEach(Runnable::run);
      pending.clear();
    }
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.fixture.Caches#layouts")
  void rowsAtASinkStayAsTheyAreUntilItsCopiesHaveArrived(KvLayout layout) {
    fill(layout, 1);
    int[] tokens = FakeEngine.prompt(1, TOKENS);
    KvCache cache = small(layout, 2);
    LateCopies sink = new LateCopies(new FakeEngine(layout, tokens));
    try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
      assertEquals(ALL, lease.restore(sink));
      assertTrue(sink.waits > 0, "nothing streamed");
      sink.awaitCopies();
    }
    assertNothingStaged(cache);
  }

  @Test
  void aSinkThatThrowsWhileChunksStreamLeaksNothing() {
    fill(Layouts.FULL, 1);
    int[] tokens = FakeEngine.prompt(1, TOKENS);
    KvCache cache = small(Layouts.FULL, 3);
    for (int stop = 0; stop < 10; stop++) {
      int last = stop * Layouts.CHUNK;
      try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
        KvSink sink =
            (layer, part, from, count, rows) -> {
              if (from == last && part == 1) {
                throw new IllegalArgumentException("an engine's own");
              }
            };
        assertEquals(
            "an engine's own",
            assertThrows(IllegalArgumentException.class, () -> lease.restore(sink)).getMessage());
        assertEquals(ALL, lease.restore(new FakeEngine(Layouts.FULL, tokens).verifier()));
      }
    }
    assertNothingStaged(cache);
  }

  @Test
  void aSinkWhoseCopiesFailTooThrowsWhatItThrew() {
    fill(Layouts.FULL, 1);
    KvCache cache = small(Layouts.FULL, 3);
    IllegalStateException broken = new IllegalStateException("an engine's own");
    KvSink sink =
        new KvSink() {
          @Override
          public void write(int layer, int part, int from, int count, ByteBuffer rows) {
            if (from == 5 * Layouts.CHUNK) {
              throw broken;
            }
          }

          @Override
          public void awaitCopies() {
            throw broken;
          }
        };
    try (PrefixLease lease = cache.acquire(cache.keys(FakeEngine.prompt(1, TOKENS)))) {
      assertEquals(broken, assertThrows(IllegalStateException.class, () -> lease.restore(sink)));
      assertEquals(0, cache.stats().dram().stagingUsedBytes());
    }
    assertNothingStaged(cache);
  }

  @Test
  void aChunkWhoseNameAnotherScopeHasInMemoryIsAMissAtOnce() throws Exception {
    KvLayout oneBlock = Layouts.FULL.toBuilder().blockTokens(16).chunkTokens(16).build();
    int[] tokens = FakeEngine.prompt(1, 33);
    KvScope salted = KvScope.of("x");
    KvScope adapted = KvScope.builder().lora("x").build();
    try (KvCache cache = Layouts.cache(oneBlock).store(store).build();
        KvCache other = Layouts.cache(oneBlock).store(store).build()) {
      PromptKeys salty = cache.keys(tokens, salted);
      PromptKeys adapter = cache.keys(tokens, adapted);
      assertEquals(salty.chunk(0), adapter.chunk(0), "where a chunk is one block, names collide");
      FakeEngine engine = new FakeEngine(oneBlock, tokens);
      cache.store(adapter, 16, engine.source()).persisted().join();
      StoreFiles.images(directory).forEach(file -> file.toFile().delete());
      try (DirectoryStore another = DirectoryStore.open(directory);
          KvCache writer = Layouts.cache(oneBlock).store(another).build()) {
        writer.store(salty, 33, engine.source()).persisted().join();
      }
      long start = System.nanoTime();
      try (PrefixLease lease = cache.acquire(salty)) {
        assertEquals(0, lease.restore(engine.verifier()));
        assertEquals(ShortenedBy.MISS, lease.shortenedBy());
      }
      assertTrue(System.nanoTime() - start < 20_000_000_000L, "it waited for its deadline");
      assertEquals(32, restore(other, salty, engine));
    }
  }

  private static int restore(KvCache cache, PromptKeys keys, FakeEngine engine) {
    try (PrefixLease lease = cache.acquire(keys)) {
      return lease.restore(engine.verifier());
    }
  }

  @Test
  void aRestoreThatWaitsForASlotEndsWhenTheCacheIsClosed() throws Exception {
    fill(Layouts.FULL, 1, 2);
    KvCache cache = small(Layouts.FULL, 1);
    int[] first = FakeEngine.prompt(1, TOKENS);
    int[] second = FakeEngine.prompt(2, TOKENS);
    CountDownLatch closed = new CountDownLatch(1);
    CountDownLatch holdsTheOnlySlot = new CountDownLatch(1);
    Future<Integer> slow =
        threads.submit(
            () -> {
              try (PrefixLease lease = cache.acquire(cache.keys(first))) {
                return lease.restore(
                    (layer, part, from, count, rows) -> {
                      if (from == Layouts.CHUNK) {
                        holdsTheOnlySlot.countDown();
                        awaitQuietly(closed);
                      }
                    });
              }
            });
    holdsTheOnlySlot.await();
    PrefixLease lease = cache.acquire(cache.keys(second));
    Thread waiter = new Thread(() -> lease.restore((layer, part, from, count, rows) -> {}));
    waiter.start();
    Await.state(waiter, Thread.State.TIMED_WAITING);
    cache.close();
    waiter.join();
    assertEquals(ShortenedBy.NO_ROOM, lease.shortenedBy());
    lease.close();
    closed.countDown();
    assertFalse(slow.get() > ALL);
    Caches.assertAllGivenBack(cache);
    assertEquals(0, cache.stats().dram().usedBytes());
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
