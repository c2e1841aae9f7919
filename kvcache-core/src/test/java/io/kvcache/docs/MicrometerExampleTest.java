package io.kvcache.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.kvcache.KvCache;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.Page;
import io.kvcache.store.DirectoryStore;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The binding of docs/operations.md, as it stands there, shows what a cache does. */
class MicrometerExampleTest {
  @TempDir Path classes;
  @TempDir Path directory;
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @BeforeEach
  void compile() {
    Page.read("docs/operations.md").compileTo(classes);
  }

  private void bind(KvCache cache) throws Exception {
    try (URLClassLoader loader = new URLClassLoader(new URL[] {classes.toUri().toURL()})) {
      var constructor =
          loader.loadClass("KvCacheMetrics").getDeclaredConstructor(KvCache.class, String.class);
      constructor.setAccessible(true);
      ((MeterBinder) constructor.newInstance(cache, "tiny")).bindTo(registry);
      // While the loader is open: every function is called once, so every class it needs is loaded.
      registry.getMeters().forEach(meter -> meter.measure().forEach(m -> m.getValue()));
    }
  }

  private double counted(String name, String... tags) {
    return registry.get(name).tag("model", "tiny").tags(tags).functionCounter().count();
  }

  @Test
  void aHitIsCounted() throws Exception {
    int[] prompt = FakeEngine.prompt(1, 5 * Layouts.CHUNK);
    try (DirectoryStore store = DirectoryStore.open(directory);
        KvCache cache = Layouts.cache(Layouts.FULL).store(store).build()) {
      bind(cache);
      Caches.fill(cache, prompt);
      assertEquals(0, counted("kvcache.acquires"));
      int restored = Caches.restore(cache, prompt);
      assertEquals(5 * Layouts.CHUNK - 1, restored);
      assertEquals(restored, counted("kvcache.hit.tokens", "tier", "DRAM"));
      assertEquals(0, counted("kvcache.hit.tokens", "tier", "STORE"));
      assertEquals(restored, counted("kvcache.restored.tokens"));
      assertEquals(prompt.length, counted("kvcache.prompt.tokens"));
      assertEquals(1, counted("kvcache.shortened", "reason", "NOTHING"));
      assertEquals(store.stats().bytesWritten(), counted("kvcache.store.written.bytes"));
      assertEquals(0, registry.get("kvcache.open.leases").gauge().value());
      assertEquals(0, registry.get("kvcache.store.breakers.open").gauge().value());
      assertEquals(0, registry.get("kvcache.store.hung.calls").gauge().value());
      Caches.assertAllGivenBack(cache);
      assertEquals(
          cache.stats().dram().usedBytes(),
          registry.get("kvcache.dram.used.bytes").gauge().value());
    }
  }

  @Test
  void aCacheInMemoryHasNoMetersOfAStore() throws Exception {
    try (KvCache cache = Layouts.cache(Layouts.FULL).build()) {
      bind(cache);
      assertNull(registry.find("kvcache.store.corrupt").functionCounter());
      assertEquals(0, counted("kvcache.acquires"));
    }
  }
}
