package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.Seeds;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProbeTest {
  @TempDir Path directory;

  @ParameterizedTest
  @MethodSource("io.kvcache.fixture.Caches#layouts")
  void probePromisesWhatAcquireDoesAndHoldsNothing(KvLayout layout) throws IOException {
    SplittableRandom random = Seeds.random("ProbeTest");
    for (int round = 0; round < 15; round++) {
      int[] tokens = FakeEngine.prompt(random.nextLong(), 100 + random.nextInt(100));
      Path root = directory.resolve("round" + round);
      try (DirectoryStore store = DirectoryStore.open(root);
          KvCache cache = Layouts.cache(layout).store(store).build()) {
        int stored = random.nextInt(tokens.length + 1);
        cache
            .store(cache.keys(tokens), stored, new FakeEngine(layout, tokens).source())
            .persisted()
            .join();
      }
      for (Path file : Caches.images(root)) {
        if (random.nextInt(30) == 0) {
          Files.delete(file);
        }
      }
      try (DirectoryStore store = DirectoryStore.open(root);
          KvCache cache = Layouts.cache(layout).store(store).build()) {
        Caches.restore(cache, Arrays.copyOf(tokens, random.nextInt(tokens.length)));
        Caches.assertAllGivenBack(cache);
        PromptKeys keys = cache.keys(tokens);
        int probed = cache.probe(keys);
        assertEquals(0, cache.stats().dram().pinnedImages());
        try (PrefixLease lease = cache.acquire(keys)) {
          assertEquals(probed, lease.tokens());
        }
      }
    }
  }
}
