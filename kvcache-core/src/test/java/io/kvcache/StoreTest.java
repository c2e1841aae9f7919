package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.FakeEngine.Call;
import io.kvcache.fixture.Layouts;
import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.IoFault;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.GatedChunkIo;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What store takes from the engine, and what it says about it. */
class StoreTest {
  @TempDir Path directory;

  private final GatedChunkIo io = new GatedChunkIo();
  private final int[] tokens = FakeEngine.prompt(1, 165);
  private DirectoryStore store;

  @BeforeEach
  void open() {
    store = DirectoryStore.builder(directory).io(io.factory()).open();
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static List<StoreOutcome> times(int n, StoreOutcome outcome) {
    return Collections.nCopies(n, outcome);
  }

  @Test
  void reportsWhatWasStagedAndWhatReachedTheStore() {
    KvCache cache = Layouts.cache(Layouts.HYBRID).stateEvery(4).store(store).build();
    PromptKeys keys = cache.keys(tokens);
    FakeEngine engine = new FakeEngine(Layouts.HYBRID, tokens);

    StoreReport first = cache.store(keys, 100, engine.source());
    assertEquals(times(6, StoreOutcome.STAGED), first.chunks());
    PersistReport persisted = first.persisted().join();
    // 6 full, 6 window, and states after chunk 4 and the last, 6.
    assertEquals(Map.of(StoreOutcome.WRITTEN, 14), persisted.images());
    assertEquals(times(6, StoreOutcome.WRITTEN), persisted.chunks());
    assertTrue(persisted.complete());

    StoreReport second = cache.store(keys, 165, engine.source());
    assertEquals(4, second.staged());
    assertEquals(6, second.alreadyPresent());
    assertEquals(0, second.declined());
    PersistReport more = second.persisted().join();
    // 4 full, 4 window, and states after 8 and 10.
    assertEquals(Map.of(StoreOutcome.WRITTEN, 10), more.images());
    assertEquals(times(6, StoreOutcome.ALREADY_PRESENT), more.chunks().subList(0, 6));
    assertEquals(times(4, StoreOutcome.WRITTEN), more.chunks().subList(6, 10));
    assertEquals(24, Caches.images(directory).size());
    assertEquals(10, cache.stats().stagedChunks());
    assertEquals(6, cache.stats().presentChunks());
    Caches.end(cache);
  }

  @Test
  void aCacheWithoutAStoreReportsAtOnceAndEmpty() {
    KvCache cache = Layouts.cache(Layouts.FULL).build();
    StoreReport report =
        cache.store(cache.keys(tokens), 165, new FakeEngine(Layouts.FULL, tokens).source());
    assertEquals(10, report.staged());
    assertTrue(report.persisted().isDone());
    assertEquals(Map.of(), report.persisted().join().images());
    assertEquals(List.of(), report.persisted().join().chunks());
    Caches.end(cache);
  }

  @Test
  void onlyWholeChunksOfTheComputedTokensAreTaken() {
    KvCache cache = Layouts.cache(Layouts.FULL).build();
    FakeEngine engine = new FakeEngine(Layouts.FULL, tokens);
    PromptKeys keys = cache.keys(tokens);
    assertEquals(0, cache.store(keys, 15, engine.source()).chunks().size());
    assertEquals(List.of(), engine.calls);
    assertEquals(2, cache.store(keys, 47, engine.source()).chunks().size());
    assertTrue(engine.calls.stream().allMatch(call -> call.from() < 32));
    assertEquals(32, cache.probe(keys));
    Caches.end(cache);
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.fixture.Caches#layouts")
  void aKnownPromptDoesNotCallTheSource(KvLayout layout) {
    FakeEngine engine = new FakeEngine(layout, tokens);
    try (KvCache cache = Layouts.cache(layout).store(store).build()) {
      Caches.fill(cache, tokens);
      StoreReport again = cache.store(cache.keys(tokens), 165, engine.source());
      assertEquals(times(10, StoreOutcome.ALREADY_PRESENT), again.chunks());
      assertTrue(again.persisted().join().complete());
    }
    assertEquals(List.of(), engine.calls);
    store.close();
    open();
    try (KvCache cache = Layouts.cache(layout).store(store).build()) {
      StoreReport again = cache.store(cache.keys(tokens), 165, engine.source());
      assertEquals(times(10, StoreOutcome.ALREADY_PRESENT), again.chunks());
      assertEquals(Map.of(), again.persisted().join().images(), "nothing is written again");
      assertEquals(0, cache.stats().dram().images(), "nor is anything read");
      Caches.restore(cache, tokens);
      cache.store(cache.keys(tokens), 165, engine.source());
    }
    assertEquals(List.of(), engine.calls);
  }

  @Test
  void aLayoutWithoutFullGroupsIsStoredKnownAndRestoredToo() {
    KvLayout windows =
        KvLayout.builder()
            .elementType(ElementType.F16)
            .blockTokens(4)
            .chunkTokens(Layouts.CHUNK)
            .window(20, new int[] {0, 1}, new LayoutPart("k", 16))
            .build();
    KvLayout states =
        KvLayout.builder()
            .elementType(ElementType.F16)
            .blockTokens(4)
            .chunkTokens(Layouts.CHUNK)
            .state(new int[] {0, 1}, new LayoutPart("s", 16))
            .build();
    for (KvLayout layout : List.of(windows, states)) {
      FakeEngine engine = new FakeEngine(layout, tokens);
      KvCacheBuilder settings = Layouts.cache(layout).store(store);
      try (KvCache cache = (layout.hasState() ? settings.stateEvery(4) : settings).build()) {
        StoreReport report = cache.store(cache.keys(tokens), 165, engine.source());
        assertTrue(report.staged() > 0, report.chunks().toString());
        assertTrue(report.persisted().join().complete());
        assertEquals(160, Caches.restore(cache, tokens));
        int[] front = Arrays.copyOf(tokens, 65);
        assertEquals(64, Caches.restore(cache, front), "every cut that is due has its images");
        engine.calls.clear();
        StoreReport again = cache.store(cache.keys(tokens), 165, engine.source());
        assertEquals(times(10, StoreOutcome.ALREADY_PRESENT), again.chunks());
        assertEquals(List.of(), engine.calls);
      }
      settings = Layouts.cache(layout).store(store);
      try (KvCache cache = (layout.hasState() ? settings.stateEvery(4) : settings).build()) {
        StoreReport again = cache.store(cache.keys(tokens), 165, engine.source());
        assertEquals(times(10, StoreOutcome.ALREADY_PRESENT), again.chunks());
        assertEquals(List.of(), engine.calls);
        assertEquals(160, Caches.restore(cache, tokens));
      }
    }
  }

  @Test
  void aSourceThatLacksFullRowsEndsTheStoreThere() {
    KvCache cache = Layouts.cache(Layouts.HYBRID).stateEvery(2).store(store).build();
    FakeEngine engine = new FakeEngine(Layouts.HYBRID, tokens);
    KvSource source = engine.source(call -> call.layer() != 3 || call.from() != 80);
    StoreReport report = cache.store(cache.keys(tokens), 165, source);
    assertEquals(times(5, StoreOutcome.STAGED), report.chunks().subList(0, 5));
    assertEquals(times(5, StoreOutcome.NOT_IN_SOURCE), report.chunks().subList(5, 10));
    assertEquals(5, report.declined());
    assertFalse(report.persisted().join().complete());
    assertEquals(Map.of(StoreOutcome.NOT_IN_SOURCE, 5L), cache.stats().declined());
    assertTrue(engine.calls.stream().allMatch(call -> call.from() <= 80));
    assertEquals(80, Caches.restore(cache, tokens));
    Caches.end(cache);
  }

  @Test
  void aSourceThatLacksAWindowOrAStateLeavesOutThatImageOnly() {
    KvCache cache = Layouts.cache(Layouts.HYBRID).stateEvery(2).store(store).build();
    FakeEngine engine = new FakeEngine(Layouts.HYBRID, tokens);
    // No window rows of chunks 0 to 4, no second state layer after chunk 10.
    KvSource source =
        engine.source(
            call ->
                !(call.layer() == 0 && call.from() < 80)
                    && !(call.layer() == 2 && call.from() == 144));
    StoreReport report = cache.store(cache.keys(tokens), 165, source);
    assertEquals(times(10, StoreOutcome.STAGED), report.chunks());
    // 10 full, 5 window, states after 2, 4, 6 and 8.
    assertEquals(Map.of(StoreOutcome.WRITTEN, 19), report.persisted().join().images());
    assertEquals(128, Caches.restore(cache, tokens));
    assertEquals(0, Caches.restore(cache, Arrays.copyOf(tokens, 97)), "a cut at 96 wants chunk 4");
    Caches.end(cache);
  }

  @Test
  void statesAreAskedForExactlyAtTheStateCuts() {
    KvCache cache = Layouts.cache(Layouts.STATE).stateEvery(4).build();
    FakeEngine engine = new FakeEngine(Layouts.STATE, tokens);
    cache.store(cache.keys(tokens), 165, engine.source());
    int[] asked =
        engine.calls.stream()
            .filter(call -> call.layer() == 0 && call.part() == 0)
            .mapToInt(call -> call.from() + call.count())
            .sorted()
            .toArray();
    assertEquals(Arrays.toString(cache.stateCuts(0, 165)), Arrays.toString(asked));
    Caches.end(cache);
  }

  @Test
  void aSourceThatThrowsReachesTheCallerAndTheChunksBeforeAreKept() {
    KvCache cache = Layouts.cache(Layouts.FULL).store(store).build();
    PromptKeys keys = cache.keys(tokens);
    IllegalStateException thrown = new IllegalStateException("the device is gone");
    FakeEngine engine = new FakeEngine(Layouts.FULL, tokens);
    KvSource source =
        engine.source(
            call -> {
              if (call.equals(new Call(1, 0, 80, 16))) {
                throw thrown;
              }
              return true;
            });
    assertSame(
        thrown, assertThrows(IllegalStateException.class, () -> cache.store(keys, 165, source)));
    cache.flush();
    assertEquals(0, cache.stats().dram().pinnedImages());
    assertEquals(5, cache.stats().dram().images());
    assertEquals(5 * Caches.namespace(Layouts.FULL).chunkBytes(), cache.stats().dram().usedBytes());
    assertEquals(80, Caches.restore(cache, tokens));
    assertEquals(5, Caches.images(directory).size());
    Caches.end(cache);
  }

  @Test
  void aPromptLargerThanDramIsStoredAsFarAsThereIsRoom() {
    KvCache cache = Caches.ofChunks(Layouts.FULL, 6).store(store).build();
    FakeEngine engine = new FakeEngine(Layouts.FULL, tokens);
    StoreReport report = cache.store(cache.keys(tokens), 165, engine.source());
    assertEquals(times(6, StoreOutcome.STAGED), report.chunks().subList(0, 6));
    assertEquals(times(4, StoreOutcome.NO_ROOM), report.chunks().subList(6, 10));
    PersistReport persisted = report.persisted().join();
    assertEquals(times(4, StoreOutcome.NO_ROOM), persisted.chunks().subList(6, 10));
    assertFalse(persisted.complete());
    assertEquals(96, Caches.restore(cache, tokens));
    StoreReport rest = cache.store(cache.keys(tokens), 165, engine.source());
    assertEquals(6, rest.alreadyPresent());
    assertEquals(4, rest.declined(), "its own front is not evicted for its tail");
    Caches.end(cache);
  }

  @Test
  void theWindowsOfTheLongestCutAreKeptWhenNotAllHaveRoom() {
    // Six chunks of both groups: full rows take what the windows need not keep.
    KvCache cache = Caches.ofChunks(Layouts.WINDOW, 6).build();
    FakeEngine engine = new FakeEngine(Layouts.WINDOW, tokens);
    StoreReport report = cache.store(cache.keys(tokens), 165, engine.source());
    int full = report.staged() * Layouts.CHUNK;
    assertTrue(full >= 64 && full < 160, full + " tokens");
    assertEquals(full, Caches.restore(cache, tokens));
    Caches.end(cache);
  }

  @Test
  void appendedTokensAreStoredBehindThePrompt() {
    KvCache cache = Layouts.cache(Layouts.HYBRID).store(store).build();
    int[] prompt = Arrays.copyOf(tokens, 70);
    PromptKeys keys = cache.keys(prompt);
    cache.store(keys, 70, new FakeEngine(Layouts.HYBRID, prompt).source());
    PromptKeys longer = keys.append(Arrays.copyOfRange(tokens, 70, 165));
    FakeEngine engine = new FakeEngine(Layouts.HYBRID, tokens);
    StoreReport report = cache.store(longer, 165, engine.source());
    assertEquals(4, report.alreadyPresent());
    assertEquals(6, report.staged());
    assertTrue(engine.calls.stream().allMatch(call -> call.from() >= 64), "only what is new");
    assertEquals(160, Caches.restore(cache, tokens));
    assertEquals(64, Caches.restore(cache, prompt));
    cache.flush();
    Caches.end(cache);
  }

  @Test
  void concurrentStoresOfOnePromptGiveOneImageEach() throws Exception {
    for (int round = 0; round < 20; round++) {
      KvCache cache = Layouts.cache(Layouts.HYBRID).store(store).build();
      int[] prompt = FakeEngine.prompt(100 + round, 165);
      PromptKeys keys = cache.keys(prompt);
      CyclicBarrier inTheFirstChunk = new CyclicBarrier(2);
      ExecutorService threads = Executors.newFixedThreadPool(2);
      List<Future<StoreReport>> reports =
          threads.invokeAll(
              Collections.nCopies(
                  2,
                  () -> {
                    KvSource source = new FakeEngine(Layouts.HYBRID, prompt).source();
                    return cache.store(
                        keys,
                        165,
                        (layer, part, from, count, rows) -> {
                          if (from == 0 && layer == 3 && part == 0) {
                            await(inTheFirstChunk);
                          }
                          return source.read(layer, part, from, count, rows);
                        });
                  }));
      for (Future<StoreReport> report : reports) {
        assertEquals(0, report.get().declined());
        assertTrue(report.get().persisted().join().complete());
      }
      threads.shutdown();
      assertEquals(21, cache.stats().dram().images(), "10 full, 10 window, 1 state");
      assertEquals(160, Caches.restore(cache, prompt));
      Caches.end(cache);
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void nobodyIsToldThatAnImageIsThereWhileItsWriteCanStillFail() {
    KvCache cache = Layouts.cache(Layouts.FULL).store(store).build();
    PromptKeys keys = cache.keys(tokens);
    CountDownLatch open = new CountDownLatch(1);
    io.writes =
        file -> {
          awaitQuietly(open);
          throw new ChunkIoException(IoFault.TRANSIENT, "a test fails " + file, null);
        };
    KvSource source = new FakeEngine(Layouts.FULL, tokens).source();
    CompletableFuture<PersistReport> first = cache.store(keys, 64, source).persisted();
    CompletableFuture<PersistReport> second = cache.store(keys, 64, source).persisted();
    assertFalse(first.isDone());
    open.countDown();
    assertEquals(times(4, StoreOutcome.IO_ERROR), first.join().chunks());
    assertEquals(times(4, StoreOutcome.IO_ERROR), second.join().chunks());
    io.writes = file -> {};
    StoreReport third = cache.store(keys, 64, source);
    assertEquals(4, third.alreadyPresent(), "in memory");
    assertEquals(
        times(4, StoreOutcome.WRITTEN),
        third.persisted().join().chunks(),
        "a declined write gets another chance");
    Caches.end(cache);
  }

  @Test
  void whoStoresWhileAnotherWritesLearnsThatItArrived() {
    KvCache cache = Layouts.cache(Layouts.FULL).store(store).build();
    PromptKeys keys = cache.keys(tokens);
    CountDownLatch open = new CountDownLatch(1);
    io.writes = file -> awaitQuietly(open);
    KvSource source = new FakeEngine(Layouts.FULL, tokens).source();
    CompletableFuture<PersistReport> first = cache.store(keys, 165, source).persisted();
    CompletableFuture<PersistReport> second = cache.store(keys, 165, source).persisted();
    open.countDown();
    assertEquals(times(10, StoreOutcome.WRITTEN), first.join().chunks());
    assertEquals(times(10, StoreOutcome.ALREADY_PRESENT), second.join().chunks());
    Caches.end(cache);
  }

  @Test
  void aWriteThatBreaksIsAnIoErrorAndHoldsNothing() {
    KvCache cache = Layouts.cache(Layouts.FULL).store(store).build();
    io.writes =
        file -> {
          throw new UnsatisfiedLinkError("a test has no library");
        };
    StoreReport report =
        cache.store(cache.keys(tokens), 64, new FakeEngine(Layouts.FULL, tokens).source());
    assertEquals(times(4, StoreOutcome.IO_ERROR), report.persisted().join().chunks());
    cache.flush();
    assertEquals(64, Caches.restore(cache, tokens));
    Caches.end(cache);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError("I/O threads are never interrupted", e);
    }
  }
}
