package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.store.DirectoryStore;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Equal tokens of different scopes never meet, in memory or on disk. */
class ScopeIsolationTest {
  private static final List<KvScope> SCOPES =
      List.of(
          KvScope.NONE,
          KvScope.of("tenant-a"),
          KvScope.of("tenant-b"),
          KvScope.builder().lora("sql").build(),
          KvScope.builder().lora("sql", "1").build(),
          KvScope.builder().lora("sql", "2").build(),
          KvScope.builder().salt("tenant-a").lora("sql", "1").build(),
          KvScope.builder().media("cat.png", 3, 20).build(),
          KvScope.builder().media("dog.png", 3, 20).build());

  @TempDir Path directory;

  @Test
  void eachScopeSeesItsOwnBytesOnly() {
    int[] tokens = FakeEngine.prompt(1, 100);
    try (DirectoryStore store = DirectoryStore.open(directory)) {
      try (KvCache cache = Layouts.cache(Layouts.HYBRID).store(store).build()) {
        for (int i = 0; i < SCOPES.size(); i++) {
          PromptKeys keys = cache.keys(tokens, SCOPES.get(i));
          assertEquals(0, cache.probe(keys), SCOPES.get(i) + " found another scope's chunks");
          cache.store(keys, 100, new FakeEngine(Layouts.HYBRID, tokens, i).source());
        }
        check(cache, tokens);
        cache.flush();
      }
      try (KvCache cache = Layouts.cache(Layouts.HYBRID).store(store).build()) {
        check(cache, tokens);
      }
    }
  }

  private static void check(KvCache cache, int[] tokens) {
    for (int i = 0; i < SCOPES.size(); i++) {
      FakeEngine engine = new FakeEngine(Layouts.HYBRID, tokens, i);
      try (PrefixLease lease = cache.acquire(cache.keys(tokens, SCOPES.get(i)))) {
        assertEquals(96, lease.restore(engine.verifier()), SCOPES.get(i).toString());
      }
    }
  }
}
