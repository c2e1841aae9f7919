package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.store.DirectoryStore;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokensByTierTest {
  @TempDir Path directory;

  @Test
  void tellsWhatWasResidentFromWhatIsReadHoweverQuicklyItCame() {
    int[] tokens = FakeEngine.prompt(1, 165);
    int[] front = Arrays.copyOf(tokens, 80);
    try (DirectoryStore store = DirectoryStore.open(directory)) {
      try (KvCache cache = Layouts.cache(Layouts.FULL).store(store).build()) {
        Caches.fill(cache, tokens);
      }
      for (int round = 0; round < 20; round++) {
        try (KvCache cache = Layouts.cache(Layouts.FULL).store(store).build()) {
          PromptKeys keys = cache.keys(tokens);
          Caches.restore(cache, front);
          try (PrefixLease lease = cache.acquire(keys)) {
            assertEquals(Map.of(Tier.DRAM, 80, Tier.STORE, 80), lease.tokensByTier());
            assertEquals(Tier.DRAM, lease.chunk(4).tier());
            assertEquals(Tier.STORE, lease.chunk(5).tier());
            lease.limit(100);
            assertEquals(Map.of(Tier.DRAM, 80, Tier.STORE, 16), lease.tokensByTier());
          }
          try (PrefixLease lease = cache.acquire(keys)) {
            assertEquals(Map.of(Tier.DRAM, 160), lease.tokensByTier());
          }
          assertEquals(Map.of(Tier.DRAM, 240L, Tier.STORE, 159L), cache.stats().hitTokens());
        }
      }
    }
  }

  @Test
  void aMissIsServedByNobody() {
    try (KvCache cache = Layouts.cache(Layouts.FULL).build();
        PrefixLease lease = cache.acquire(cache.keys(new int[100]))) {
      assertEquals(Map.of(), lease.tokensByTier());
    }
  }
}
