package io.kvcache.bench.tinyllama;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.KvCache;
import io.kvcache.KvCacheBuilder;
import io.kvcache.KvLayout;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The whole way through a real cache and real files, held against an engine without one. */
class CachedEngineTest {
  private static final int CHUNK = 256;

  /** Three whole chunks and a rest. */
  private static final int TOKENS = 3 * CHUNK + 20;

  private static final long SEED = 7;

  @TempDir Path root;

  @ParameterizedTest
  @MethodSource("io.kvcache.bench.tinyllama.SmallModels#shapes")
  void shouldGiveTheSameLogitsFromMemoryAndAfterARestart(ModelShape shape) {
    int[] prompt = SmallModels.prompt(shape, SEED, TOKENS);
    withEngine(
        shape,
        1,
        engine -> {
          assertEquals(0, prefillAndCompare(shape, engine, prompt), "nothing is stored yet");
          store(shape, engine, prompt);
          assertEquals(3 * CHUNK, prefillAndCompare(shape, engine, prompt));
          return null;
        });
    assertEquals(3 * CHUNK, restartedPrefill(shape, 1, prompt));
  }

  @ParameterizedTest
  @CsvSource({"false, 767", "true, 512"})
  void shouldLeaveTheEngineATokenToComputeOfWholeChunks(boolean hybrid, int restored) {
    ModelShape shape = hybrid ? SmallModels.hybrid() : SmallModels.plain();
    int[] prompt = SmallModels.prompt(shape, SEED, 3 * CHUNK);
    storeAndClose(shape, 1, prompt);
    assertEquals(restored, restartedPrefill(shape, 1, prompt));
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.bench.tinyllama.SmallModels#shapes")
  void shouldEndBothRanksAtTheSameCutWhenOneMissesAChunk(ModelShape shape) throws IOException {
    int[] prompt = SmallModels.prompt(shape, SEED, TOKENS);
    storeAndClose(shape, 2, prompt);
    assertEquals(3 * CHUNK, restartedPrefill(shape, 2, prompt));

    Files.delete(file("_r1", "-2.g0"));
    assertEquals(2 * CHUNK, restartedPrefill(shape, 2, prompt));
    Files.delete(file("_r0", "-1.g0"));
    assertEquals(CHUNK, restartedPrefill(shape, 2, prompt));
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.bench.tinyllama.SmallModels#shapes")
  void shouldComputeWhatAFlippedByteSpoiltAndRemoveTheFile(ModelShape shape) throws IOException {
    int[] prompt = SmallModels.prompt(shape, SEED, TOKENS);
    storeAndClose(shape, 1, prompt);
    Path spoilt = file("_r0", "-1.g0");
    byte[] bytes = Files.readAllBytes(spoilt);
    bytes[bytes.length / 2] ^= 1;
    Files.write(spoilt, bytes);

    assertEquals(CHUNK, restartedPrefill(shape, 1, prompt));
    assertFalse(Files.exists(spoilt), "the flipped file is still there");
  }

  @Test
  void shouldFallToAnEarlierCutWhenAWindowOrAStateIsGone() throws IOException {
    ModelShape shape = SmallModels.hybrid();
    int[] prompt = SmallModels.prompt(shape, SEED, TOKENS);
    storeAndClose(shape, 1, prompt);

    Files.delete(file("_r0", "-2.g1"));
    assertEquals(2 * CHUNK, restartedPrefill(shape, 1, prompt), "without the last window");
    Files.delete(file("_r0", "-1.g2"));
    assertEquals(CHUNK, restartedPrefill(shape, 1, prompt), "without the state after chunk 1");
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.bench.tinyllama.SmallModels#shapes")
  void shouldFillInTheImagesThatAnEarlierRunLost(ModelShape shape) throws IOException {
    int[] prompt = SmallModels.prompt(shape, SEED, TOKENS);
    storeAndClose(shape, 1, prompt);
    try (Stream<Path> files = Files.walk(root)) {
      for (Path lost : files.filter(f -> f.getFileName().toString().contains("-1.g")).toList()) {
        Files.delete(lost);
      }
    }
    storeAndClose(shape, 1, prompt);
    assertEquals(3 * CHUNK, restartedPrefill(shape, 1, prompt));
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.bench.tinyllama.SmallModels#shapes")
  void shouldGenerateTheSameTokensAndKeepThemForTheNextTurn(ModelShape shape) {
    int[] prompt = SmallModels.prompt(shape, SEED, 2 * CHUNK - 12);
    int[] plain = Arrays.copyOf(prompt, prompt.length + 30);
    model(shape).generate(new KvMemory(shape, plain.length), plain, prompt.length);

    withEngine(
        shape,
        1,
        engine -> {
          for (int turn = 0; turn < 2; turn++) {
            int[] generated = engine.generate(prompt, 30);
            assertArrayEquals(Arrays.copyOfRange(plain, prompt.length, plain.length), generated);
          }
          assertEquals(2 * CHUNK, prefillAndCompare(shape, engine, plain));
          return null;
        });
  }

  private static TinyLlama model(ModelShape shape) {
    return new TinyLlama(shape, SEED);
  }

  private void storeAndClose(ModelShape shape, int world, int[] prompt) {
    withEngine(
        shape,
        world,
        engine -> {
          store(shape, engine, prompt);
          return null;
        });
  }

  private int restartedPrefill(ModelShape shape, int world, int[] prompt) {
    return withEngine(shape, world, engine -> prefillAndCompare(shape, engine, prompt));
  }

  private static void store(ModelShape shape, CachedEngine engine, int[] prompt) {
    KvMemory memory = new KvMemory(shape, prompt.length);
    engine.prefill(memory, prompt);
    engine
        .store(memory, prompt)
        .forEach(report -> assertTrue(report.persisted().join().complete(), "not stored"));
  }

  /** Returns the restored tokens. */
  private static int prefillAndCompare(ModelShape shape, CachedEngine engine, int[] prompt) {
    float[] expected =
        model(shape).forward(new KvMemory(shape, prompt.length), prompt, prompt.length);
    CachedEngine.Prefill prefill = engine.prefill(new KvMemory(shape, prompt.length), prompt);
    assertArrayEquals(SmallModels.bits(expected), SmallModels.bits(prefill.logits()));
    return prefill.restored();
  }

  /** Opens store and caches anew, as a new process would, and closes them. */
  private <T> T withEngine(ModelShape shape, int world, Function<CachedEngine, T> use) {
    List<KvCache> ranks = new ArrayList<>();
    try (DirectoryStore store = DirectoryStore.open(root)) {
      try {
        for (int rank = 0; rank < world; rank++) {
          ranks.add(cache(shape, store, rank, world));
        }
        return use.apply(new CachedEngine(model(shape), ranks));
      } finally {
        ranks.forEach(KvCache::close);
      }
    }
  }

  private static KvCache cache(ModelShape shape, DirectoryStore store, int rank, int world) {
    KvLayout layout = shape.layout(world);
    KvCacheBuilder builder =
        KvCache.builder()
            .model(model(shape).fingerprint())
            .layout(layout)
            .shard(rank, world)
            .dram(16L << 20)
            .store(store);
    return (layout.hasState() ? builder.stateEvery(1) : builder).build();
  }

  /** The one file of a rank's chunk and group. */
  private Path file(String rank, String suffix) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      List<Path> found =
          files
              .filter(f -> f.getFileName().toString().endsWith(suffix))
              .filter(f -> root.relativize(f).getName(0).toString().endsWith(rank))
              .toList();
      assertEquals(1, found.size(), "files " + suffix + " of " + rank);
      return found.get(0);
    }
  }
}
