package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.NioChunkIo;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A file that is provably not the image: fewer tokens, right bytes, counted, the file gone. */
class DamagedFileTest extends FaultTestBase {
  private static final int DAMAGED = 6;

  @TempDir Path elsewhere;

  /** Damage to one file of the store. */
  @FunctionalInterface
  interface Damage {
    void apply(DamagedFileTest test, Path file) throws Exception;
  }

  private static Named<Damage> damage(String name, Damage what) {
    return Named.of(name, what);
  }

  private static Named<Damage> forgery(String name, Consumer<ByteBuffer> change) {
    return damage("forged " + name, (test, file) -> StoreFiles.forge(file, change));
  }

  static List<Named<Damage>> damages() {
    List<Named<Damage>> all = new ArrayList<>();
    int[] fields = {
      0, 8, 10, 12, 16, 20, 24, 28, 32, 36, 40, 48, 52, 56, 64, 96, 128, 160, 192, 252, 256, 258,
      260, 264, 272, 4095
    };
    for (int offset : fields) {
      all.add(damage("flip of header byte " + offset, (test, f) -> StoreFiles.flip(f, offset)));
    }
    // Two segments of 1024 bytes at 4096 and 8192.
    for (int offset : new int[] {4096, 4096 + 1023, 8192, 8192 + 512, 8192 + 1023}) {
      all.add(damage("flip of row byte " + offset, (test, f) -> StoreFiles.flip(f, offset)));
    }
    for (int length : new int[] {0, 1, 100, 256, 4096, 8192, 8193, 12287}) {
      all.add(damage("cut to " + length, (test, f) -> StoreFiles.truncate(f, length)));
    }
    all.add(
        damage(
            "another chunk's file",
            (test, f) -> Files.write(f, Files.readAllBytes(test.file(DAMAGED - 1)))));
    all.add(damage("a foreign file", (test, f) -> Files.writeString(f, "hello ".repeat(9999))));
    all.add(damage("a foreign short file", (test, f) -> Files.writeString(f, "hello")));
    all.add(
        damage(
            "random bytes",
            (test, f) -> {
              byte[] bytes = new byte[12288];
              new SplittableRandom(7).nextBytes(bytes);
              Files.write(f, bytes);
            }));
    all.add(damage("another model's file", (test, f) -> test.copyFrom(f, "other", 0, 1)));
    all.add(damage("another rank's file", (test, f) -> test.copyFrom(f, "org/test-model", 1, 2)));
    all.add(forgery("old version", image -> image.putShort(8, (short) 0)));
    all.add(forgery("later version", image -> image.putShort(8, (short) 2)));
    all.add(forgery("file of 8 EiB", image -> image.putLong(40, Long.MAX_VALUE)));
    all.add(forgery("header of 2 GiB", image -> image.putInt(12, Integer.MAX_VALUE)));
    all.add(forgery("segment count", image -> image.putInt(48, Integer.MAX_VALUE)));
    all.add(forgery("segment length", image -> image.putLong(272, Long.MAX_VALUE)));
    all.add(forgery("segment offset", image -> image.putLong(264, -4096)));
    all.add(forgery("key", image -> image.put(64, (byte) (image.get(64) + 1))));
    all.add(forgery("parent", image -> image.put(96, (byte) (image.get(96) + 1))));
    all.add(forgery("fingerprint", image -> image.put(128, (byte) (image.get(128) + 1))));
    all.add(forgery("rank", image -> image.putInt(32, 1)));
    all.add(forgery("world", image -> image.putInt(36, 2)));
    all.add(forgery("group", image -> image.putInt(28, 1)));
    all.add(forgery("index", image -> image.putInt(20, DAMAGED + 1)));
    return all;
  }

  /** The same chunk as another model or rank would have stored it. */
  private void copyFrom(Path file, String model, int rank, int world) throws Exception {
    try (DirectoryStore other =
            DirectoryStore.builder(elsewhere).io(NioChunkIo::open).freeSpaceFloor(0).open();
        KvCache theirs =
            KvCache.builder()
                .model(ModelFingerprint.of(model, "ab".repeat(32), "cd".repeat(32)))
                .layout(layout())
                .shard(rank, world)
                .dram(16 << 20)
                .store(other)
                .build()) {
      theirs
          .store(theirs.keys(tokens), tokens.length, new FakeEngine(layout(), tokens, 1).source())
          .persisted()
          .join();
      Files.write(file, Files.readAllBytes(StoreFiles.image(elsewhere, keys, DAMAGED, 0)));
    }
  }

  @ParameterizedTest
  @MethodSource("damages")
  void aDamagedFileEndsThePrefixBeforeItAndIsRemovedAndWrittenAnew(Damage damage) throws Exception {
    assertStoredAndRestart();
    Path file = file(DAMAGED);
    damage.apply(this, file);

    assertRestored(DAMAGED * CHUNK, ShortenedBy.CORRUPT);

    assertEquals(1, store.stats().corrupt());
    assertEquals(1, cache.stats().shortened().get(ShortenedBy.CORRUPT));
    assertFalse(Files.exists(file), "the file stays");
    assertEquals(CHUNKS - 1, StoreFiles.images(root).size(), "another file went too");
    assertRestored(DAMAGED * CHUNK, ShortenedBy.MISS);
    assertTrue(storeAll().complete());
    restart();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 8, 9})
  void aDamagedFileAnywhereKeepsTheChunksBeforeIt(int chunk) throws Exception {
    assertStoredAndRestart();
    StoreFiles.flip(file(chunk), 5000);
    assertRestored(chunk * CHUNK, ShortenedBy.CORRUPT);
    assertEquals(1, store.stats().corrupt());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 9})
  void aDeletedFileEndsThePrefixBeforeIt(int chunk) throws Exception {
    assertStoredAndRestart();
    Files.delete(file(chunk));
    Restored restored = restore();
    assertTrue(restored.tokens() <= chunk * CHUNK, restored.toString());
    assertEquals(ShortenedBy.MISS, restored.why());
    assertEquals(0, store.stats().corrupt());
    assertTrue(storeAll().complete());
    restart();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @ParameterizedTest
  @ValueSource(ints = {4096 + 1024, 8191, 8192 + 1024, 12287})
  void flippedPaddingHarmsNothing(int offset) throws Exception {
    assertStoredAndRestart();
    StoreFiles.flip(file(DAMAGED), offset);
    assertRestored(ALL, ShortenedBy.NOTHING);
  }
}
