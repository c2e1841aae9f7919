package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Seeds;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests of eight threads on a cache far too small for them, over real files that an evictor
 * removes meanwhile: every byte that comes back is compared, and in the end nothing is held.
 */
class StressTest {
  private static final int THREADS = 8;
  private static final int REQUESTS = 250;

  /** What an engine, or its user, does to a request in mid-flight. */
  private static final class Cancelled extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @TempDir Path directory;

  private final List<int[]> conversations = new ArrayList<>();
  private final ConcurrentLinkedQueue<CompletableFuture<PersistReport>> reports =
      new ConcurrentLinkedQueue<>();
  private final LongAdder restored = new LongAdder();

  @ParameterizedTest
  @MethodSource("io.kvcache.fixture.Caches#layouts")
  void everyByteIsRightAndInTheEndNothingIsHeld(KvLayout layout) throws Exception {
    SplittableRandom random = Seeds.random("StressTest " + layout);
    for (int i = 0; i < 12; i++) {
      int[] base = i < 3 ? new int[0] : conversations.get(random.nextInt(i));
      int[] conversation = Arrays.copyOf(base, 400);
      for (int t = Math.min(base.length, random.nextInt(300)); t < 400; t++) {
        conversation[t] = random.nextInt(128_000);
      }
      conversations.add(conversation);
    }
    List<Thread> before = ourThreads();
    KvCache cache;
    try (DirectoryStore store = DirectoryStore.builder(directory).workers(6).open()) {
      KvCacheBuilder settings = Caches.ofChunks(layout, 30).store(store);
      cache = (layout.hasState() ? settings.stateEvery(2) : settings).build();
      ExecutorService threads = Executors.newFixedThreadPool(THREADS);
      List<Future<?>> ends = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        SplittableRandom own = random.split();
        ends.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < REQUESTS; i++) {
                    request(cache, own);
                  }
                }));
      }
      threads.shutdown();
      while (!threads.isTerminated()) {
        evictSomeFile(random);
      }
      for (Future<?> end : ends) {
        end.get();
      }
      cache.flush();
      reports.forEach(CompletableFuture::join);

      KvCacheStats stats = cache.stats();
      System.out.println(stats);
      assertTrue(restored.sum() > 0 && stats.dram().evicted() > 0, "it was no stress");
      assertTrue(stats.hitTokens().containsKey(Tier.STORE), "nothing was read");
      assertEquals(0, stats.store().orElseThrow().corrupt());
      assertTrue(stats.dram().usedBytes() <= stats.dram().capacityBytes());
      Caches.end(cache);
    }
    for (Thread thread : ourThreads()) {
      if (!before.contains(thread)) {
        thread.join(5_000);
        assertFalse(thread.isAlive(), thread.getName());
      }
    }
    assertEquals(List.of(), openFiles());
    try (Stream<Path> files = Files.walk(directory)) {
      assertEquals(
          List.of(),
          files.filter(f -> f.getFileName().toString().matches("\\..*\\.g.*")).toList(),
          "temporary files");
    }
  }

  private void request(KvCache cache, SplittableRandom random) {
    int[] conversation = conversations.get(random.nextInt(conversations.size()));
    int[] tokens = Arrays.copyOf(conversation, random.nextInt(conversation.length + 1));
    FakeEngine engine = new FakeEngine(cache.layout(), tokens);
    PromptKeys keys = cache.keys(tokens);
    int start;
    try (PrefixLease lease = cache.acquire(keys)) {
      if (random.nextInt(8) == 0) {
        assertTrue(lease.limit(random.nextInt(400)) <= lease.tokens());
      }
      if (random.nextInt(10) == 0) {
        return;
      }
      start = lease.restore(cancelling(engine.verifier(), random));
      assertTrue(start <= Math.max(0, tokens.length - 1));
      if (random.nextInt(4) == 0) {
        // What streamed through is read again, and its files may be gone by now.
        assertTrue(lease.restore(engine.verifier()) <= start);
      }
      restored.add(start);
      if (random.nextBoolean()) {
        store(cache, keys, tokens, engine, random);
        return;
      }
    } catch (Cancelled e) {
      return;
    }
    store(cache, keys, tokens, engine, random);
  }

  private void store(
      KvCache cache, PromptKeys keys, int[] tokens, FakeEngine engine, SplittableRandom random) {
    KvSource source = engine.source(call -> random.nextInt(300) > 0);
    boolean cancel = random.nextInt(20) == 0;
    try {
      StoreReport report =
          cache.store(
              keys,
              tokens.length - random.nextInt(Math.min(20, tokens.length + 1)),
              (layer, part, from, count, rows) -> {
                if (cancel && from > 48) {
                  throw new Cancelled();
                }
                return source.read(layer, part, from, count, rows);
              });
      reports.add(report.persisted());
    } catch (Cancelled e) {
      assertTrue(cancel);
    }
  }

  private static KvSink cancelling(KvSink sink, SplittableRandom random) {
    boolean cancel = random.nextInt(20) == 0;
    return (layer, part, from, count, rows) -> {
      if (cancel && from > 48) {
        throw new Cancelled();
      }
      sink.write(layer, part, from, count, rows);
    };
  }

  /** What another node does to keep the directory small. */
  private void evictSomeFile(SplittableRandom random) throws IOException {
    try (Stream<Path> namespaces = Files.list(directory)) {
      for (Path namespace : namespaces.filter(p -> p.toString().endsWith("_r0")).toList()) {
        try (Stream<Path> shards = Files.list(namespace)) {
          List<Path> all = shards.toList();
          if (all.isEmpty()) {
            return;
          }
          try (Stream<Path> files = Files.list(all.get(random.nextInt(all.size())))) {
            for (Path file :
                files.filter(f -> !f.getFileName().toString().startsWith(".")).toList()) {
              if (random.nextInt(3) == 0) {
                Files.deleteIfExists(file);
              }
            }
          }
        }
      }
    }
    Thread.yield();
  }

  private static List<Thread> ourThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("kvcache-"))
        .toList();
  }

  /** Descriptors of this process that lead into the directory; none where there is no /proc. */
  private List<String> openFiles() throws IOException {
    Path descriptors = Path.of("/proc/self/fd");
    if (!Files.isDirectory(descriptors)) {
      return List.of();
    }
    List<String> open = new ArrayList<>();
    try (Stream<Path> all = Files.list(descriptors)) {
      for (Path descriptor : all.toList()) {
        String target;
        try {
          target = Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
          continue; // the descriptor of this very listing
        }
        if (target.startsWith(directory.toRealPath().toString())) {
          open.add(target);
        }
      }
    }
    return open;
  }
}
