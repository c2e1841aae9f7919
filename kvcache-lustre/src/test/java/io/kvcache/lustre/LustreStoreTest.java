package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.KvCache;
import io.kvcache.KvLayout;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.store.DirectoryStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A store over native I/O is the same store. */
@Timeout(60)
class LustreStoreTest {
  private static final int CHUNKS = 5;

  @TempDir Path root;

  private static KvCache cache(KvLayout layout, DirectoryStore store) {
    return Caches.ofChunks(layout, 2 * CHUNKS).store(store).build();
  }

  private int[] prompt(KvLayout layout) {
    return FakeEngine.prompt(7, CHUNKS * layout.chunkTokens() + 1);
  }

  private void write(KvLayout layout, Function<Path, DirectoryStore> by, Path where) {
    try (DirectoryStore store = by.apply(where);
        KvCache cache = cache(layout, store)) {
      Caches.fill(cache, prompt(layout));
      assertEquals(0, store.stats().declined().size(), store.stats().toString());
    }
  }

  private int read(KvLayout layout, Function<Path, DirectoryStore> by) {
    try (DirectoryStore store = by.apply(root);
        KvCache cache = cache(layout, store)) {
      int tokens = Caches.restore(cache, prompt(layout));
      Caches.end(cache);
      return tokens;
    }
  }

  static Stream<KvLayout> layouts() {
    return Caches.layouts();
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void whatOneWritesTheOtherReads(KvLayout layout) {
    write(layout, LustreStore::open, root);
    int tokens = read(layout, DirectoryStore::open);
    assertEquals(tokens, read(layout, LustreStore::open));
    assertTrue(tokens > 0);
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void itReadsWhatTheOtherWrites(KvLayout layout) {
    write(layout, DirectoryStore::open, root);
    assertTrue(read(layout, LustreStore::open) > 0);
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void bothWriteTheSameFiles(KvLayout layout) throws Exception {
    Path nio = root.resolve("nio");
    Path lustre = root.resolve("lustre");
    write(layout, DirectoryStore::open, nio);
    write(layout, LustreStore::open, lustre);
    assertFalse(Caches.images(nio).isEmpty());
    for (Path image : Caches.images(nio)) {
      byte[] one = Files.readAllBytes(image);
      byte[] other = Files.readAllBytes(lustre.resolve(nio.relativize(image)));
      // When it was made, and the checksum over that.
      for (byte[] bytes : new byte[][] {one, other}) {
        Arrays.fill(bytes, 56, 64, (byte) 0);
        Arrays.fill(bytes, 252, 256, (byte) 0);
      }
      assertArrayEquals(one, other, image.toString());
    }
    assertEquals(Caches.images(nio).size(), Caches.images(lustre).size());
  }

  @Test
  void imagesThatAreReadInPiecesAreTheSame() {
    write(
        Layouts.FULL,
        where ->
            LustreStore.builder(where, NativeIoOptions.builder().pieceBytes(4096).build()).open(),
        root);
    assertEquals(
        read(Layouts.FULL, DirectoryStore::open),
        read(
            Layouts.FULL,
            where ->
                LustreStore.builder(where, NativeIoOptions.builder().pieceBytes(8192).build())
                    .open()));
  }

  @Test
  void itSaysHowBytesReachTheDisk() {
    FsProfile profile = LustreStore.probe(root);
    try (DirectoryStore store = LustreStore.open(root)) {
      assertEquals(profile.mode(), store.mode());
      assertEquals(profile.mode().label(), store.stats().mode());
      assertTrue(store.stats().modeReason().contains(profile.filesystem()));
    }
    assertEquals(Optional.empty(), LustreStore.unavailable());
  }

  @Test
  void onlyADirectoryCanBeProbed() throws Exception {
    for (Path wrong : List.of(root.resolve("none"), Files.createFile(root.resolve("file")))) {
      String said =
          assertThrows(IllegalArgumentException.class, () -> LustreStore.probe(wrong)).getMessage();
      assertTrue(said.contains(wrong.toString()) && said.contains("name one that exists"), said);
    }
    Path link = Files.createSymbolicLink(root.resolve("link"), Path.of("."));
    assertEquals(LustreStore.probe(root), LustreStore.probe(link));
    Path relative = Path.of("").toAbsolutePath().relativize(root.toAbsolutePath());
    assertEquals(LustreStore.probe(root), LustreStore.probe(relative));
  }

  @Test
  void aBudgetIsKeptByTheSameEvictor() throws Exception {
    KvLayout layout = Layouts.FULL;
    long image = Caches.namespace(layout).image(0).imageBytes();
    write(layout, LustreStore::open, root);
    try (DirectoryStore store = LustreStore.open(root)) {
      assertEquals(CHUNKS, store.evict(100 * image, 0.9, 0.5, false).scanned());
      assertEquals(3, store.evict(4 * image, 0.9, 0.5, false).deleted());
    }
    assertEquals(2, Caches.images(root).size());
  }

  @Test
  void optionsArgueBack() {
    for (int wrong : new int[] {0, 512, 6000, 2 << 20}) {
      String said =
          assertThrows(
                  IllegalArgumentException.class, () -> NativeIoOptions.builder().alignment(wrong))
              .getMessage();
      assertTrue(said.contains("" + wrong) && said.contains("power of two"), said);
    }
    assertThrows(IllegalArgumentException.class, () -> NativeIoOptions.builder().pieceBytes(5000));
    assertThrows(IllegalArgumentException.class, () -> NativeIoOptions.builder().pieceBytes(-4096));
    String twice =
        assertThrows(
                IllegalArgumentException.class,
                () -> NativeIoOptions.builder().direct(true).direct(true))
            .getMessage();
    assertTrue(twice.contains("direct(...) is set twice"), twice);
  }
}
