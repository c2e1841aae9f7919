package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.store.DirectoryStore;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KvCacheRoundTripTest {
  @TempDir Path directory;

  static Stream<KvLayout> layouts() {
    return Stream.of(Layouts.FULL, Layouts.WINDOW, Layouts.STATE, Layouts.HYBRID);
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void whatWasStoredComesBackFromMemoryAndAfterARestartFromFiles(KvLayout layout) {
    int[] tokens = FakeEngine.prompt(1, 10 * Layouts.CHUNK + 5);
    FakeEngine engine = new FakeEngine(layout, tokens);
    try (DirectoryStore store = DirectoryStore.open(directory);
        KvCache cache = Layouts.cache(layout).store(store).build()) {
      PromptKeys keys = cache.keys(tokens);
      try (PrefixLease miss = cache.acquire(keys)) {
        assertEquals(0, miss.restore(engine.verifier()));
        assertEquals(ShortenedBy.MISS, miss.shortenedBy());
      }
      StoreReport report = cache.store(keys, tokens.length, engine.source());
      assertEquals(10, report.staged());
      assertTrue(report.persisted().join().complete(), report.persisted().join().toString());
      try (PrefixLease hit = cache.acquire(keys)) {
        assertEquals(160, hit.tokens());
        assertEquals(160, hit.restore(engine.verifier()));
        assertEquals(ShortenedBy.NOTHING, hit.shortenedBy());
      }
    }
    try (DirectoryStore store = DirectoryStore.open(directory);
        KvCache cache = Layouts.cache(layout).store(store).build()) {
      PromptKeys keys = cache.keys(tokens);
      assertEquals(160, cache.probe(keys));
      try (PrefixLease hit = cache.acquire(keys)) {
        assertEquals(160, hit.restore(engine.verifier()));
        assertEquals(160, hit.tokensByTier().get(Tier.STORE));
      }
      assertEquals(10, cache.store(keys, tokens.length, engine.source()).alreadyPresent());
    }
  }
}
