package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.KvCacheListener.ChunkEvent;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListenerTest {
  @TempDir Path directory;

  private final int[] tokens = FakeEngine.prompt(1, 100);
  private final Events events = new Events();

  private static final class Events implements KvCacheListener {
    final List<ChunkEvent> stored = Collections.synchronizedList(new ArrayList<>());
    final List<ChunkEvent> removed = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void stored(ChunkEvent event) {
      stored.add(event);
    }

    @Override
    public void removed(ChunkEvent event) {
      removed.add(event);
    }

    List<ChunkEvent> stored(Tier tier) {
      return of(stored, tier);
    }

    List<ChunkEvent> removed(Tier tier) {
      return of(removed, tier);
    }

    private static List<ChunkEvent> of(List<ChunkEvent> events, Tier tier) {
      synchronized (events) {
        return events.stream().filter(event -> event.tier() == tier).toList();
      }
    }
  }

  private List<ChunkEvent> expected(Tier tier, PromptKeys keys, int chunks) {
    return IntStream.range(0, chunks)
        .mapToObj(i -> event(tier, keys, i, Arrays.copyOfRange(tokens, i * 16, (i + 1) * 16)))
        .toList();
  }

  private static ChunkEvent event(Tier tier, PromptKeys keys, int i, int... tokenIds) {
    List<Integer> ids = Arrays.stream(tokenIds).boxed().toList();
    return new ChunkEvent(tier, keys.chunk(i), keys.parent(i), i * 16, 16, ids);
  }

  @Test
  void hearsOfEachChunkOnceHoweverManyGroupsItHas() {
    try (DirectoryStore store = DirectoryStore.open(directory);
        KvCache cache = Layouts.cache(Layouts.HYBRID).store(store).listener(events).build()) {
      PromptKeys keys = cache.keys(tokens);
      Caches.fill(cache, tokens);
      Caches.restore(cache, tokens);
      Caches.fill(cache, tokens);
      assertEquals(expected(Tier.DRAM, keys, 6), events.stored(Tier.DRAM));
      assertEquals(
          new HashSet<>(expected(Tier.STORE, keys, 6)), new HashSet<>(events.stored(Tier.STORE)));
      assertEquals(6, events.stored(Tier.STORE).size());
      assertEquals(List.of(), events.removed);
    }
  }

  @Test
  void hearsOfChunksThatAreReadIntoMemory() {
    try (DirectoryStore store = DirectoryStore.open(directory)) {
      try (KvCache cache = Layouts.cache(Layouts.HYBRID).store(store).build()) {
        Caches.fill(cache, tokens);
      }
      try (KvCache cache = Layouts.cache(Layouts.HYBRID).store(store).listener(events).build()) {
        Caches.restore(cache, tokens);
        assertEquals(
            new HashSet<>(expected(Tier.DRAM, cache.keys(tokens), 6)),
            new HashSet<>(events.stored));
        assertEquals(6, events.stored.size());
      }
    }
  }

  @Test
  void hearsOfEvictionsDeepestFirst() {
    try (KvCache cache = Caches.ofChunks(Layouts.FULL, 6).listener(events).build()) {
      PromptKeys keys = cache.keys(tokens);
      Caches.fill(cache, tokens);
      Caches.fill(cache, FakeEngine.prompt(2, 40));
      assertEquals(List.of(event(Tier.DRAM, keys, 5), event(Tier.DRAM, keys, 4)), events.removed);
    }
  }

  @Test
  void hearsOfACorruptFileThatWasRemoved() throws IOException {
    try (DirectoryStore store = DirectoryStore.open(directory)) {
      try (KvCache cache = Layouts.cache(Layouts.FULL).store(store).build()) {
        Caches.fill(cache, tokens);
      }
      try (KvCache cache = Layouts.cache(Layouts.FULL).store(store).listener(events).build()) {
        PromptKeys keys = cache.keys(tokens);
        Files.write(Caches.file(directory, keys, 4, 0), new byte[8192]);
        assertEquals(64, Caches.restore(cache, tokens));
        assertEquals(List.of(event(Tier.STORE, keys, 4)), events.removed(Tier.STORE));
        assertEquals("STORAGE", events.removed(Tier.STORE).get(0).medium());
      }
    }
  }

  @Test
  void hearsOfAChunkOnceThoughTwoRequestsStoreIt() throws Exception {
    try (KvCache cache = Layouts.cache(Layouts.FULL).listener(events).build()) {
      PromptKeys keys = cache.keys(tokens);
      CyclicBarrier bothInTheSource = new CyclicBarrier(2);
      ExecutorService threads = Executors.newFixedThreadPool(2);
      Callable<StoreReport> store =
          () -> {
            KvSource source = new FakeEngine(Layouts.FULL, tokens).source();
            return cache.store(
                keys,
                100,
                (layer, part, from, count, rows) -> {
                  if (from == 0 && layer == 0 && part == 0) {
                    try {
                      bothInTheSource.await();
                    } catch (Exception e) {
                      throw new AssertionError(e);
                    }
                  }
                  return source.read(layer, part, from, count, rows);
                });
          };
      for (Future<StoreReport> report : threads.invokeAll(List.of(store, store))) {
        assertEquals(0, report.get().declined());
      }
      threads.shutdown();
      assertEquals(new HashSet<>(expected(Tier.DRAM, keys, 6)), new HashSet<>(events.stored));
      assertEquals(6, events.stored.size());
    }
  }

  @Test
  void aListenerThatThrowsChangesNothing() {
    for (RuntimeException thrown :
        new RuntimeException[] {new IllegalStateException("a test's listener"), null}) {
      KvCacheListener listener =
          new KvCacheListener() {
            @Override
            public void stored(ChunkEvent event) {
              fail(thrown);
            }

            @Override
            public void removed(ChunkEvent event) {
              fail(thrown);
            }
          };
      Path root = directory.resolve(thrown == null ? "error" : "exception");
      try (DirectoryStore store = DirectoryStore.open(root)) {
        KvCache cache = Caches.ofChunks(Layouts.FULL, 6).store(store).listener(listener).build();
        Caches.fill(cache, tokens);
        Caches.fill(cache, FakeEngine.prompt(2, 50));
        assertEquals(96, Caches.restore(cache, tokens));
        cache.flush();
        assertEquals(0, cache.stats().dram().pinnedImages());
        cache.close();
        assertEquals(0, cache.stats().dram().usedBytes());
        assertEquals(9, Caches.images(root).size());
      }
    }
  }

  private static void fail(RuntimeException thrown) {
    if (thrown != null) {
      throw thrown;
    }
    throw new NoClassDefFoundError("a test's listener misses a class");
  }

  @Test
  void eventsComeOutsideEveryLock() {
    List<Integer> probes = Collections.synchronizedList(new ArrayList<>());
    KvCache[] self = new KvCache[1];
    KvCacheListener listener =
        new KvCacheListener() {
          @Override
          public void stored(ChunkEvent event) {
            probes.add(probeFromAnotherThread(self[0]));
          }

          @Override
          public void removed(ChunkEvent event) {
            probes.add(probeFromAnotherThread(self[0]));
          }
        };
    try (KvCache cache = Caches.ofChunks(Layouts.FULL, 6).listener(listener).build()) {
      self[0] = cache;
      Caches.fill(cache, tokens);
      Caches.fill(cache, FakeEngine.prompt(2, 50));
    }
    assertTrue(probes.size() >= 12);
  }

  private int probeFromAnotherThread(KvCache cache) {
    int[] result = {-1};
    Thread thread = new Thread(() -> result[0] = cache.probe(cache.keys(tokens)));
    thread.start();
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return result[0];
  }
}
