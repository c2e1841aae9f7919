package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What restore delivers, and in which order. */
class RestoreTest {
  @TempDir Path directory;

  static Stream<Arguments> layoutsAndLengths() {
    return Caches.layouts()
        .flatMap(
            layout ->
                Stream.of(16, 17, 31, 32, 33, 160, 161, 165, 175)
                    .map(tokens -> Arguments.of(layout, tokens)));
  }

  /** The contract's order and extent, position by position. */
  private static List<Call> expected(KvLayout layout, int cut, int chunks) {
    List<Call> calls = new ArrayList<>();
    for (GroupKind kind : List.of(GroupKind.FULL, GroupKind.WINDOW, GroupKind.STATE)) {
      for (LayoutGroup group : layout.groups()) {
        for (int chunk = 0; chunk < chunks && group.kind() == kind; chunk++) {
          int from = chunk * Layouts.CHUNK;
          int last = Math.min(from + Layouts.CHUNK, cut) - 1;
          boolean needed =
              switch (kind) {
                case FULL -> true;
                case WINDOW -> last > cut - group.window();
                case STATE -> from + Layouts.CHUNK == cut;
              };
          for (int l = 0; needed && l < group.layerCount(); l++) {
            for (int part = 0; part < group.parts().size(); part++) {
              calls.add(new Call(group.layer(l), part, from, Layouts.CHUNK));
            }
          }
        }
      }
    }
    return calls;
  }

  private static int longestCut(KvLayout layout, int tokens) {
    int whole = tokens / Layouts.CHUNK * Layouts.CHUNK;
    if (whole < tokens) {
      return whole;
    }
    return layout.hasState() ? whole - Layouts.CHUNK : tokens - 1;
  }

  @ParameterizedTest
  @MethodSource("layoutsAndLengths")
  void eachNeededPartComesOnceInTheContractsOrderAndNoneOther(KvLayout layout, int length) {
    int[] tokens = FakeEngine.prompt(length, length);
    int cut = longestCut(layout, length);
    int chunks = (cut + Layouts.CHUNK - 1) / Layouts.CHUNK;
    try (DirectoryStore store = DirectoryStore.open(directory)) {
      // Two stores, so that a state is kept at the cut below an exact multiple too.
      try (KvCache cache = Layouts.cache(layout).store(store).build()) {
        PromptKeys keys = cache.keys(tokens);
        FakeEngine engine = new FakeEngine(layout, tokens);
        cache.store(keys, cut, engine.source()).persisted().join();
        cache.store(keys, length, engine.source()).persisted().join();
        check(cache, tokens, cut, chunks);
      }
      try (KvCache cache = Layouts.cache(layout).store(store).build()) {
        check(cache, tokens, cut, chunks);
      }
    }
  }

  private static void check(KvCache cache, int[] tokens, int cut, int chunks) {
    FakeEngine engine = new FakeEngine(cache.layout(), tokens);
    PromptKeys keys = cache.keys(tokens);
    assertEquals(cut, cache.probe(keys));
    try (PrefixLease lease = cache.acquire(keys)) {
      assertEquals(cut, lease.tokens());
      assertEquals(chunks, lease.chunks());
      assertEquals(ShortenedBy.NOTHING, lease.shortenedBy());
      assertEquals(cut, lease.restore(engine.verifier()));
      assertEquals(expected(cache.layout(), cut, chunks), engine.calls);
      engine.calls.clear();
      assertEquals(cut, lease.restore(engine.verifier()), "a second restore gives the same");
      assertEquals(expected(cache.layout(), cut, chunks), engine.calls);
    }
  }

  @Test
  void anExactMultipleIsCutOneTokenShortAndItsLastChunkIsDelivered() {
    int[] tokens = FakeEngine.prompt(1, 4 * Layouts.CHUNK);
    try (KvCache cache = Layouts.cache(Layouts.FULL).build()) {
      Caches.fill(cache, tokens);
      FakeEngine engine = new FakeEngine(Layouts.FULL, tokens);
      try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
        assertEquals(63, lease.restore(engine.verifier()));
        assertEquals(new Call(1, 1, 48, 16), engine.calls.get(engine.calls.size() - 1));
      }
    }
  }

  @Test
  void engineCodeRunsOnTheCallingThread() {
    int[] tokens = FakeEngine.prompt(1, 100);
    FakeEngine engine = new FakeEngine(Layouts.HYBRID, tokens);
    List<Thread> threads = new ArrayList<>();
    try (DirectoryStore store = DirectoryStore.open(directory)) {
      try (KvCache cache = Layouts.cache(Layouts.HYBRID).store(store).build()) {
        KvSource source = engine.source();
        cache
            .store(
                cache.keys(tokens),
                100,
                (layer, part, from, count, rows) -> {
                  threads.add(Thread.currentThread());
                  return source.read(layer, part, from, count, rows);
                })
            .persisted()
            .join();
      }
      try (KvCache cache = Layouts.cache(Layouts.HYBRID).store(store).build();
          PrefixLease lease = cache.acquire(cache.keys(tokens))) {
        lease.restore((layer, part, from, count, rows) -> threads.add(Thread.currentThread()));
      }
    }
    threads.forEach(thread -> assertSame(Thread.currentThread(), thread));
  }

  @Test
  void aSinkThatThrowsReachesTheCallerAndTheLeaseGoesOn() {
    int[] tokens = FakeEngine.prompt(1, 100);
    try (KvCache cache = Layouts.cache(Layouts.HYBRID).build()) {
      Caches.fill(cache, tokens);
      FakeEngine engine = new FakeEngine(Layouts.HYBRID, tokens);
      try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
        IllegalStateException thrown = new IllegalStateException("the engine is out of pages");
        KvSink sink =
            (layer, part, from, count, rows) -> {
              if (from == 32) {
                throw thrown;
              }
            };
        assertSame(thrown, assertThrows(IllegalStateException.class, () -> lease.restore(sink)));
        assertEquals(96, lease.restore(engine.verifier()));
      }
      assertEquals(0, cache.stats().dram().pinnedImages());
      assertEquals(0, cache.stats().openLeases());
    }
  }

  @Test
  void whereAnImageFailsDeliveryGoesOnForTheLongestShorterCut() {
    int[] tokens = FakeEngine.prompt(1, 165);
    GatedChunkIo io = new GatedChunkIo();
    try (DirectoryStore store = DirectoryStore.builder(directory).io(io.factory()).open()) {
      try (KvCache cache = Layouts.cache(Layouts.HYBRID).stateEvery(2).store(store).build()) {
        Caches.fill(cache, tokens);
      }
      List<Call> all = expected(Layouts.HYBRID, 160, 10);
      List<Call> shorter = expected(Layouts.HYBRID, 128, 8);

      // The state after chunk 10: what only the shorter cut needs comes behind what was delivered.
      List<Call> wanted = new ArrayList<>(all.subList(0, all.size() - 2));
      shorter.stream().filter(call -> !wanted.contains(call)).forEach(wanted::add);
      assertEquals(128, restoreWithout(io, store, tokens, 9, 2, wanted));

      // Full rows of chunk 6: nothing behind them is delivered, the last state before is chunk 4's.
      List<Call> front = new ArrayList<>(all.subList(0, 5 * 2));
      expected(Layouts.HYBRID, 64, 4).stream()
          .filter(call -> !front.contains(call))
          .forEach(front::add);
      assertEquals(64, restoreWithout(io, store, tokens, 5, 0, front));
    }
  }

  private int restoreWithout(
      GatedChunkIo io,
      DirectoryStore store,
      int[] tokens,
      int chunk,
      int group,
      List<Call> wanted) {
    try (KvCache cache = Layouts.cache(Layouts.HYBRID).stateEvery(2).store(store).build()) {
      Path broken = Caches.file(directory, cache.keys(tokens), chunk, group);
      io.reads =
          file -> {
            if (file.equals(broken)) {
              throw new ChunkIoException(IoFault.TRANSIENT, "a test fails " + file, null);
            }
          };
      FakeEngine engine = new FakeEngine(Layouts.HYBRID, tokens);
      try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
        int restored = lease.restore(engine.verifier());
        assertEquals(wanted, engine.calls);
        assertEquals(ShortenedBy.IO_ERROR, lease.shortenedBy());
        return restored;
      }
    }
  }

  @Test
  void aSinkMayNotMoveTheLeaseThatIsBeingRestored() {
    int[] tokens = FakeEngine.prompt(3, 5 * Layouts.CHUNK + 1);
    FakeEngine engine = new FakeEngine(Layouts.FULL, tokens);
    try (KvCache cache = Layouts.cache(Layouts.FULL).build()) {
      PromptKeys keys = cache.keys(tokens);
      cache.store(keys, tokens.length, engine.source());
      try (PrefixLease lease = cache.acquire(keys)) {
        KvSink limiting = (layer, part, from, count, rows) -> lease.limit(16);
        IllegalStateException refused =
            assertThrows(IllegalStateException.class, () -> lease.restore(limiting));
        assertTrue(refused.getMessage().contains("being restored"), refused.getMessage());
        assertEquals(80, lease.restore(engine.verifier()), "and the lease is as it was");
      }
    }
  }
}
