package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Seeds;
import io.kvcache.store.DirectoryStore;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Memory keeps its prefixes closed, also where reads and cuts that have no room interfere. */
class EvictionOrderTest {
  @TempDir Path directory;

  /** Which chunks are resident, by their parent, as a router would know it. */
  private static final class Residents implements KvCacheListener {
    private final Map<ChunkKey, ChunkKey> parents = new HashMap<>();
    private final List<String> wrong = Collections.synchronizedList(new ArrayList<>());
    private final boolean closed;
    private int evictions;

    /**
     * @param closed whether a chunk must not leave before those behind it
     */
    Residents(boolean closed) {
      this.closed = closed;
    }

    @Override
    public synchronized void stored(ChunkEvent event) {
      if (event.tier() == Tier.DRAM && parents.put(event.key(), event.parent()) != null) {
        wrong.add(event + " was resident");
      }
    }

    @Override
    public synchronized void removed(ChunkEvent event) {
      if (event.tier() != Tier.DRAM) {
        return;
      }
      evictions++;
      if (parents.remove(event.key()) == null) {
        wrong.add(event + " was not resident");
      }
      if (closed && parents.containsValue(event.key())) {
        wrong.add(event + " left before a chunk behind it");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.fixture.Caches#layouts")
  void noChunkLeavesMemoryBeforeTheChunksBehindIt(KvLayout layout) {
    serve(layout, Caches.ofChunks(layout, 12), new Residents(true));
  }

  /** A store fills the holes that streaming leaves: no chunk in memory is out of reach. */
  @ParameterizedTest
  @MethodSource("io.kvcache.fixture.Caches#layouts")
  void overAStoreEachChunkComesAndGoesOnce(KvLayout layout) {
    try (DirectoryStore store = DirectoryStore.open(directory)) {
      serve(layout, Caches.ofChunks(layout, 12).store(store), new Residents(false));
    }
  }

  private static void serve(KvLayout layout, KvCacheBuilder settings, Residents residents) {
    settings.listener(residents);
    KvCache cache = (layout.hasState() ? settings.stateEvery(2) : settings).build();
    SplittableRandom random = Seeds.random("EvictionOrderTest " + layout);
    List<int[]> prompts = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      int[] base = i < 3 ? new int[0] : prompts.get(random.nextInt(i));
      int[] prompt = Arrays.copyOf(base, 250);
      for (int t = Math.min(base.length, random.nextInt(200)); t < 250; t++) {
        prompt[t] = random.nextInt(128_000);
      }
      prompts.add(prompt);
    }
    Deque<PrefixLease> held = new ArrayDeque<>();
    for (int request = 0; request < 400; request++) {
      int[] prompt = prompts.get(random.nextInt(prompts.size()));
      int[] tokens = Arrays.copyOf(prompt, random.nextInt(prompt.length));
      FakeEngine engine = new FakeEngine(layout, tokens);
      PromptKeys keys = cache.keys(tokens);
      PrefixLease lease = cache.acquire(keys);
      lease.restore(engine.verifier());
      if (random.nextBoolean()) {
        cache.store(keys, tokens.length, engine.source()).persisted().join();
      }
      held.add(lease);
      while (held.size() > random.nextInt(4)) {
        held.remove().close();
      }
      // Reads that a shortened lease let go of have ended too.
      PrefixLease all = held.peekLast();
      if (all != null) {
        all.awaitLoaded();
      }
      assertEquals(List.of(), residents.wrong, "request " + request);
    }
    held.forEach(PrefixLease::close);
    assertTrue(residents.evictions > 100, "it was no stress");
    Caches.end(cache);
  }
}
