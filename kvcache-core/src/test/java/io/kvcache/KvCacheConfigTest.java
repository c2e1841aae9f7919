package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.store.CapacityStats;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a file says is what the builders would have been told. */
class KvCacheConfigTest {
  private static final String MODEL =
      "'model': {'name': 'm', 'weights_sha256': '"
          + "ab".repeat(32)
          + "', 'tokenizer_sha256': '"
          + "CD".repeat(32)
          + "'}";
  private static final String LAYOUT =
      "'layout': {'attention': {'layers': 2, 'kv_heads': 2, 'head_dim': 8},"
          + " 'element_type': 'BF16', 'block_tokens': 4, 'chunk_tokens': 16}";

  @TempDir Path directory;

  private static KvCacheConfig parse(String... fields) {
    return KvCacheConfig.parse(json(fields));
  }

  private static String json(String... fields) {
    return ("{" + String.join(", ", fields) + "}").replace('\'', '"');
  }

  private static KvLayout layout(String fields) {
    return parse("'layout': {" + fields + "}", MODEL, "'dram_bytes': '16MiB'")
        .builder()
        .build()
        .layout();
  }

  @Test
  void aFileMakesACacheThatOutlivesItsProcess() throws IOException {
    Path file = directory.resolve("kvcache.json");
    Path root = directory.resolve("kv");
    Files.writeString(
        file,
        json(MODEL, LAYOUT, "'dram_bytes': '1MiB'", "'store': {'directory': '" + root + "'}"));
    KvCacheConfig config = KvCacheConfig.read(file);
    int[] prompt = FakeEngine.prompt(1, 100);
    for (int expected : new int[] {0, 96}) {
      try (DirectoryStore store = config.store().orElseThrow().open();
          KvCache cache = config.builder().store(store).build()) {
        assertEquals(root, store.root());
        assertEquals(expected, Caches.restore(cache, prompt));
        Caches.fill(cache, prompt);
      }
    }
  }

  @Test
  void everySettingReachesItsBuilder() throws IOException {
    String store =
        "'store': {'directory': '%s', 'workers': 3, 'read_share': 0.5, 'free_space_floor_bytes': 0,"
            + " 'max_queued_bytes': '1GiB', 'max_queued_time_ms': 1000,"
            + " 'max_read_bytes_in_flight': '1MiB', 'io_timeout_ms': 1000,"
            + " 'breaker_window_ms': 1000, 'budget_bytes': '1GiB',"
            + " 'watermarks': {'high': 0.5, 'low': 0.25}, 'scan_rate': 100, 'unlink_rate': 100,"
            + " 'stamp_interval_ms': 1, 'presence_ttl_ms': 1, 'close_timeout_ms': 1000}";
    KvCacheConfig config =
        parse(
            MODEL,
            LAYOUT,
            "'shard': {'rank': 1, 'world': 2}",
            "'dram_bytes': 1048576",
            "'staging_bytes': '64KiB'",
            "'lookup_timeout_ms': 1",
            "'restore_timeout_ms': 86400000",
            "'close_timeout_ms': 1000",
            "'report_leaks': true",
            store.formatted(directory));
    try (DirectoryStore opened = config.store().orElseThrow().open();
        KvCache cache = config.builder().store(opened).build()) {
      assertEquals(3, opened.stats().workers());
      CapacityStats capacity = opened.stats().capacity().orElseThrow();
      assertEquals(1 << 30, capacity.budgetBytes());
      assertEquals(1 << 29, capacity.highBytes());
      assertEquals(1 << 28, capacity.lowBytes());
      assertEquals(1 << 20, cache.stats().dram().capacityBytes());
      assertEquals(64 << 10, cache.stats().dram().stagingCapacityBytes());
      Caches.fill(cache, FakeEngine.prompt(1, 16));
      try (Stream<Path> names = Files.list(directory)) {
        assertTrue(names.anyMatch(name -> name.toString().endsWith("_r1")), "the rank");
      }
    }
  }

  @Test
  void layoutsAreThoseOfTheBuilder() {
    assertEquals(
        KvLayout.attention(80, 8, 128, ElementType.BF16),
        layout(
                "'attention': {'layers': 80, 'kv_heads': 8, 'head_dim': 128}, 'element_type': 'BF16',"
                    + " 'chunk_tokens': 16")
            .toBuilder()
            .chunkTokens(256)
            .build());
    assertEquals(
        KvLayout.mla(2, 512, 64, ElementType.F8_E4M3).toBuilder()
            .blockTokens(32)
            .chunkTokens(64)
            .alignment(8192)
            .arrangement("HND")
            .build(),
        layout(
            "'mla': {'layers': 2, 'latent_dim': 512, 'rope_dim': 64}, 'element_type': 'F8_E4M3',"
                + " 'block_tokens': 32, 'chunk_tokens': 64, 'alignment': 8192,"
                + " 'arrangement': 'HND'"));
  }

  @Test
  void groupsAreWrittenAsInTheConfigOfANamespace() {
    assertEquals(
        KvLayout.builder()
            .elementType(ElementType.F32)
            .full(new int[] {3}, new LayoutPart("k", 32), new LayoutPart("v", 48))
            .window(20, new int[] {0, 4}, new LayoutPart("k", 16))
            .state(new int[] {1, 2}, new LayoutPart("s", 500))
            .build(),
        layout(
            "'element_type': 'F32', 'groups': ["
                + "{'kind': 'full', 'layers': [3],"
                + " 'parts': [{'bytes': 32, 'name': 'k'}, {'bytes': 48, 'name': 'v'}]},"
                + "{'kind': 'window', 'layers': [0, 4], 'window': 20,"
                + " 'parts': [{'bytes': 16, 'name': 'k'}]},"
                + "{'kind': 'state', 'layers': [1, 2], 'parts': [{'bytes': 500, 'name': 's'}]}]"));
  }

  @Test
  void sizesAreBytesOrHaveABinaryUnit() {
    for (String size : List.of("1048576", "'1024KiB'", "'1024 KiB'", "'1MiB'")) {
      try (KvCache cache = parse(MODEL, LAYOUT, "'dram_bytes': " + size).builder().build()) {
        assertEquals(1 << 20, cache.stats().dram().capacityBytes(), size);
      }
    }
  }

  @Test
  void codeAddsWhatTheFileLeavesOut() {
    KvCacheConfig config = parse("'dram_bytes': '16MiB'");
    assertTrue(config.store().isEmpty());
    config
        .builder()
        .model(ModelFingerprint.of("m", "ab".repeat(32), "cd".repeat(32)))
        .layout(KvLayout.attention(2, 2, 8, ElementType.BF16))
        .listener(new KvCacheListener() {})
        .build()
        .close();
    String message =
        assertThrows(IllegalArgumentException.class, config.builder()::build).getMessage();
    assertEquals(
        "no model: call model(ModelFingerprint.of(name, weights, tokenizer)), or add $.model",
        message);
  }

  @Test
  void eachBuilderIsANewOne() {
    KvCacheConfig config = parse(MODEL, LAYOUT, "'dram_bytes': '1MiB'");
    config.builder().stateEvery(2);
    config.builder().stateEvery(2);
    config.builder().build().close();
    config.builder().build().close();
  }
}
