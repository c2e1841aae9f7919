package io.kvcache.bench.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.GroupKind;
import io.kvcache.KvCache;
import io.kvcache.KvLayout;
import io.kvcache.KvSink;
import io.kvcache.KvSource;
import io.kvcache.LayoutGroup;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Seeds;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What one engine stored, another restores from files, whatever the order of its memory. */
class EngineAdapterTest {
  private static final int CHUNK = 64;
  private static final int CHUNKS = 6;
  private static final int TOKENS = CHUNKS * CHUNK + 10;
  private static final int MOST_GLUE_LINES = 39;

  @TempDir Path directory;

  private final Random random = new Random(Seeds.random("EngineAdapterTest").nextLong());

  /** An engine's memory and what it was told about the cache. */
  private record Engine(EngineKv kv, KvSink sink, KvSource source) {}

  static Stream<Arguments> pairs() {
    return Caches.layouts()
        .map(layout -> layout.toBuilder().blockTokens(16).chunkTokens(CHUNK).build())
        .flatMap(
            layout ->
                Stream.of(
                    Arguments.of(layout, true, false),
                    Arguments.of(layout, false, true),
                    Arguments.of(layout, true, true)));
  }

  @ParameterizedTest(name = "{0}: paged {1} to paged {2}")
  @MethodSource("pairs")
  void whatOneEngineStoredAnotherRestores(KvLayout layout, boolean fromPaged, boolean toPaged) {
    int[] tokens = FakeEngine.prompt(random.nextLong(), TOKENS);
    FakeEngine model = new FakeEngine(layout, tokens);
    Engine first = engine(layout, fromPaged);
    Engine second = engine(layout, toPaged);
    try (DirectoryStore store = DirectoryStore.open(directory)) {
      try (KvCache cache = cache(layout, store)) {
        compute(first.kv, model, cache.stateCuts(0, TOKENS));
        PromptKeys keys = cache.keys(tokens);
        assertTrue(cache.store(keys, TOKENS, first.source).persisted().join().complete());
      }
      try (KvCache cache = cache(layout, store)) {
        try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
          assertEquals(CHUNKS * CHUNK, lease.restore(second.sink));
        }
        assertRestored(second.kv, model, CHUNKS * CHUNK);
        Caches.end(cache);
      }
    }
  }

  private static KvCache cache(KvLayout layout, DirectoryStore store) {
    return Caches.ofChunks(layout, CHUNKS).store(store).build();
  }

  private Engine engine(KvLayout layout, boolean paged) {
    if (paged) {
      int needed = (TOKENS + PagedKv.PAGE - 1) / PagedKv.PAGE;
      List<Integer> pages = IntStream.range(0, 3 * needed).boxed().collect(Collectors.toList());
      Collections.shuffle(pages, random);
      int[] table = pages.stream().limit(needed).mapToInt(page -> page).toArray();
      PagedKv kv = new PagedKv(layout, pages.size(), table);
      PagedKvGlue glue = new PagedKvGlue(kv);
      return new Engine(kv, glue, glue);
    }
    ContiguousKv kv = new ContiguousKv(layout, TOKENS);
    ContiguousKvGlue glue = new ContiguousKvGlue(kv);
    return new Engine(kv, glue, glue);
  }

  private interface Rows {
    void each(int layer, int part);
  }

  private static void each(KvLayout layout, Predicate<LayoutGroup> which, Rows rows) {
    for (LayoutGroup group : layout.groups()) {
      if (which.test(group)) {
        for (int layer : group.layers().toArray()) {
          for (int part = 0; part < group.parts().size(); part++) {
            rows.each(layer, part);
          }
        }
      }
    }
  }

  /** A prefill: a row for every token, and a copy of the state wherever the cache wants one. */
  private static void compute(EngineKv kv, FakeEngine model, int[] stateCuts) {
    KvSource truth = model.source();
    for (int position = 0; position < TOKENS; position++) {
      int at = position;
      each(
          kv.layout,
          group -> group.kind() != GroupKind.STATE,
          (layer, part) -> truth.read(layer, part, at, 1, kv.row(layer, part, at)));
    }
    for (int cut : stateCuts) {
      each(
          kv.layout,
          group -> group.kind() == GroupKind.STATE,
          (layer, part) -> truth.read(layer, part, cut - 1, 1, kv.state(cut, layer, part)));
    }
  }

  private static void assertRestored(EngineKv kv, FakeEngine model, int cut) {
    for (int position = 0; position < cut; position++) {
      int at = position;
      each(
          kv.layout,
          group ->
              group.kind() == GroupKind.FULL
                  || group.kind() == GroupKind.WINDOW && at > cut - group.window(),
          (layer, part) -> check(model, layer, part, at, kv.row(layer, part, at)));
    }
    each(
        kv.layout,
        group -> group.kind() == GroupKind.STATE,
        (layer, part) -> check(model, layer, part, cut - 1, kv.state(cut, layer, part)));
    assertEquals(kv.layout.hasState() ? 1 : 0, kv.states.size(), "states that came");
  }

  private static void check(FakeEngine model, int layer, int part, int at, ByteBuffer row) {
    model.check(new FakeEngine.Call(layer, part, at, 1), row);
  }

  @ParameterizedTest
  @ValueSource(classes = {PagedKvGlue.class, ContiguousKvGlue.class})
  void theGlueIsShort(Class<?> glue) throws IOException {
    Path source = Path.of("src/test/java", glue.getName().replace('.', '/') + ".java");
    long lines =
        Files.readAllLines(source).stream()
            .map(String::strip)
            .dropWhile(line -> !line.startsWith("final class"))
            .filter(line -> !line.isEmpty() && !line.startsWith("//"))
            .count();
    assertTrue(lines <= MOST_GLUE_LINES, glue + " has " + lines + " lines");
  }
}
