package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.fixture.Await;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.fixture.Seeds;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.spi.IoFault;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Verifying every image of a directory without knowing its layout. */
class VerificationTest extends StoreTestBase {
  private static final int CHUNKS = 12;

  private final PromptKeys keys = prompt(1, CHUNKS);
  private final Map<Path, ImageFault> wrong = new LinkedHashMap<>();
  private final Map<Path, String> unreadable = new LinkedHashMap<>();
  private long seen;

  private final VerifyObserver observer =
      new VerifyObserver() {
        @Override
        public void corrupt(Path file, ImageFault fault) {
          assertEquals(null, wrong.put(file, fault), "said twice: " + file);
        }

        @Override
        public void failed(Path file, String reason) {
          unreadable.put(file, reason);
        }

        @Override
        public void checked(long bytes) {
          seen += bytes;
        }
      };

  @Override
  DirectoryStore.Builder settings(DirectoryStore.Builder builder) {
    return builder.ioTimeout(Duration.ofMillis(200));
  }

  @BeforeEach
  void writeChunks() throws Exception {
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
      assertEquals(StoreOutcome.WRITTEN, write(keys, chunk).get());
    }
  }

  private VerifyReport verify() {
    wrong.clear();
    unreadable.clear();
    seen = 0;
    return store.verify(false, observer);
  }

  private void assertFault(ImageFault expected, int chunk) {
    VerifyReport report = verify();
    assertEquals(Map.of(file(keys, chunk), expected), wrong);
    assertEquals(1, report.corrupt());
    assertEquals(CHUNKS, report.checked());
    assertEquals(0, report.failed());
    assertTrue(Files.exists(file(keys, chunk)), "it was not to be removed");
  }

  @Test
  void whatAStoreWroteIsAllRight() {
    VerifyReport report = verify();
    long bytes = (long) CHUNKS * namespace.image(0).imageBytes();
    assertEquals(new VerifyReport(CHUNKS, bytes, 0, 0, report.foreign(), 0, 0, 0, 0, true), report);
    assertEquals(bytes, seen);
  }

  @Test
  void everyKindOfGroupAndLayerIsVerifiedByItsHeaderAlone(@TempDir Path golden) throws Exception {
    for (int group = 0; group < 3; group++) {
      Path file = golden.resolve(GoldenImage.imageFile(group));
      Files.createDirectories(file.getParent());
      Files.write(file, GoldenImage.resource(GoldenImage.imageFile(group)));
    }
    try (DirectoryStore other = DirectoryStore.open(golden)) {
      assertEquals(3, other.verify(false, observer).checked());
      assertEquals(Map.of(), wrong);
      Path config = golden.resolve(GoldenImage.CONFIG_FILE);
      Files.createDirectories(config.getParent());
      Files.write(config, GoldenImage.resource(GoldenImage.CONFIG_FILE));
      assertEquals(0, other.verify(false, observer).corrupt());
    }
  }

  @Test
  void aBitTurnedOverAnywhereInAHeaderIsFound() throws Exception {
    int header = namespace.image(0).headerBytes();
    Path file = file(keys, 3);
    byte[] good = Files.readAllBytes(file);
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < 320; i++) {
      places.add(i);
    }
    places.add(header - 1);
    for (int place : places) {
      Files.write(file, good);
      StoreFiles.flip(file, place);
      verify();
      assertEquals(1, wrong.size(), "byte " + place);
      assertTrue(wrong.containsKey(file), "byte " + place);
    }
  }

  @Test
  void aBitTurnedOverInAnySegmentIsFound() throws Exception {
    ImageDescriptor image = namespace.image(0);
    StoreFiles.flip(file(keys, 5), image.partOffset(1, 1) + 7);
    assertFault(ImageFault.PAYLOAD_CHECKSUM, 5);
  }

  @Test
  void paddingIsNobodysAndNotVerified() throws Exception {
    StoreFiles.flip(file(keys, 5), namespace.image(0).imageBytes() - 1);
    assertEquals(0, verify().corrupt());
  }

  @Test
  void filesOfAnotherLengthAreFound() throws Exception {
    byte[] good = Files.readAllBytes(file(keys, 2));
    for (int length : new int[] {0, 100, 256, 1000, 4096, 5000, good.length - 1, good.length + 1}) {
      Files.write(file(keys, 2), good);
      StoreFiles.truncate(file(keys, 2), length);
      assertFault(ImageFault.LENGTH, 2);
    }
  }

  @Test
  void aFileThatIsNoImageIsFound() throws Exception {
    Files.write(file(keys, 2), new byte[9000]);
    assertFault(ImageFault.MAGIC, 2);
  }

  @Test
  void aChunkUnderAnotherChunksNameIsFound() throws Exception {
    Files.copy(file(keys, 1), file(keys, 4), StandardCopyOption.REPLACE_EXISTING);
    assertFault(ImageFault.KEY, 4);
  }

  @Test
  void aChunkUnderAnotherIndexOrGroupIsFound() throws Exception {
    String hex = keys.chunk(6).hex();
    Path index = Files.move(file(keys, 6), file(keys, 6).resolveSibling(hex + "-7.g0"));
    Path group =
        Files.copy(file(keys, 8), file(keys, 8).resolveSibling(keys.chunk(8).hex() + "-8.g1"));
    verify();
    assertEquals(Map.of(index, ImageFault.KEY, group, ImageFault.RANK), wrong);
  }

  @Test
  void aChunkInTheNamespaceOfAnotherModelOrRankIsFound() throws Exception {
    String name = namespace.imageDirectory().toString();
    Path shard = file(keys, 6).getParent();
    for (String other :
        List.of(name.replaceAll("_[0-9a-f]{12}_", "_0123456789ab_"), name.replace("_r0", "_r1"))) {
      Path elsewhere = Files.createDirectories(root.resolve(other).resolve(shard.getFileName()));
      Files.copy(file(keys, 6), elsewhere.resolve(file(keys, 6).getFileName()));
    }
    VerifyReport report = verify();
    assertEquals(2, report.corrupt());
    assertEquals(
        List.of(ImageFault.FINGERPRINT, ImageFault.RANK),
        wrong.values().stream().sorted().toList());
  }

  @Test
  void aFingerprintThatOnlyBeginsAsTheDirectorysIsFoundByTheConfig() throws Exception {
    StoreFiles.forge(file(keys, 6), header -> header.put(128 + 20, (byte) ~header.get(128 + 20)));
    assertFault(ImageFault.FINGERPRINT, 6);
    Files.delete(root.resolve(namespace.configDirectory()).resolve("config.json"));
    assertEquals(0, verify().corrupt(), "without it nobody can tell");
  }

  @Test
  void aConfigThatIsWrongIsSaidAndCondemnsNoImageAndIsNotRemoved() throws Exception {
    Path config = root.resolve(namespace.configDirectory()).resolve("config.json");
    StoreFiles.flip(config, 20);
    VerifyReport report = store.verify(true, observer);
    assertEquals(Map.of(config, ImageFault.FINGERPRINT), wrong);
    assertEquals(1, report.corrupt());
    assertEquals(0, report.removed());
    assertEquals(CHUNKS, StoreFiles.images(root).size());
    assertTrue(Files.exists(config));
  }

  @Test
  void anImageOfALaterFormatIsNotOursToJudge() throws Exception {
    StoreFiles.forge(file(keys, 6), header -> header.putShort(8, (short) 2));
    long foreign = verify().foreign();
    VerifyReport report = store.verify(true, observer);
    assertEquals(0, report.corrupt());
    assertEquals(1, report.unknownVersion());
    assertEquals(foreign, report.foreign());
    assertTrue(report.foreign() > 0);
    assertEquals(CHUNKS, StoreFiles.images(root).size());
  }

  @Test
  void aForgedHeaderDecidesNothingAndIsFound() throws Exception {
    Path file = file(keys, 9);
    byte[] good = Files.readAllBytes(file);
    List<Consumer<ByteBuffer>> forgeries =
        List.of(
            h -> h.putShort(10, (short) 1),
            h -> h.putInt(16, 0),
            h -> h.putInt(16, -4096),
            h -> h.putInt(16, 1 << 30),
            h -> h.putInt(24, 0),
            h -> h.putInt(32, -1),
            h -> h.putInt(36, 0),
            h -> h.putLong(40, Long.MAX_VALUE),
            h -> h.putLong(40, 1L << 30),
            h -> h.putLong(40, -1),
            h -> h.putInt(48, 0),
            h -> h.putInt(48, Integer.MAX_VALUE),
            h -> h.putInt(48, -1),
            h -> h.putShort(256, (short) 77),
            h -> h.putShort(256 + 24, (short) 0),
            h -> h.putShort(256 + 2, (short) 1),
            h -> h.putLong(256 + 8, 0),
            h -> h.putLong(256 + 8, Long.MAX_VALUE),
            h -> h.putLong(256 + 16, 0),
            h -> h.putLong(256 + 16, Long.MAX_VALUE),
            h -> h.putLong(256 + 16, -1),
            h -> h.putLong(256 + 24 + 16, 1));
    for (int i = 0; i < forgeries.size(); i++) {
      Files.write(file, good);
      StoreFiles.forge(file, forgeries.get(i));
      VerifyReport report = verify();
      assertEquals(1, report.corrupt(), "forgery " + i);
      assertTrue(wrong.containsKey(file), "forgery " + i);
      assertEquals(0, report.failed(), "forgery " + i + unreadable);
    }
    for (int header : new int[] {0, -1, 255, 4097, 1 << 20, 5 << 20, Integer.MAX_VALUE}) {
      Files.write(file, good);
      try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
        open.seek(12);
        open.writeInt(Integer.reverseBytes(header));
      }
      assertEquals(1, verify().corrupt(), "header bytes " + header);
    }
  }

  @Test
  void anyBytesAtAllAreReadWithoutHarm() throws Exception {
    SplittableRandom random = Seeds.random("anyBytesAtAllAreReadWithoutHarm");
    Path file = file(keys, 0);
    byte[] good = Files.readAllBytes(file);
    for (int i = 0; i < 200; i++) {
      byte[] bytes = good.clone();
      int damages = 1 + random.nextInt(8);
      for (int d = 0; d < damages; d++) {
        bytes[random.nextInt(320)] = (byte) random.nextInt();
      }
      Files.write(file, bytes);
      int header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(12);
      if (random.nextBoolean() && header == namespace.image(0).headerBytes()) {
        StoreFiles.forge(file, same -> {});
      }
      VerifyReport report = verify();
      assertEquals(CHUNKS, report.checked());
      assertEquals(0, report.failed());
    }
  }

  @Test
  void aFileTooLargeForAnImageIsNotReadWhole() throws Exception {
    try (RandomAccessFile sparse = new RandomAccessFile(file(keys, 4).toFile(), "rw")) {
      sparse.setLength(ImageDescriptor.MAX_IMAGE_BYTES + 4096);
    }
    assertFault(ImageFault.LENGTH, 4);
    assertTrue(seen < 2L * CHUNKS * namespace.image(0).imageBytes(), "read " + seen);
  }

  @Test
  void corruptImagesGoOnlyIfAskedFor() throws Exception {
    StoreFiles.flip(file(keys, 2), 5000);
    StoreFiles.truncate(file(keys, 7), 5000);
    assertEquals(2, verify().corrupt());
    assertEquals(CHUNKS, StoreFiles.images(root).size());
    wrong.clear();
    VerifyReport report = store.verify(true, observer);
    assertEquals(2, report.removed());
    assertEquals(CHUNKS - 2, StoreFiles.images(root).size());
    assertFalse(Files.exists(file(keys, 2)));
    assertFalse(directory.holds(keys, 2, 0), "what was removed is not believed to be there");
    assertEquals(0, verify().corrupt());
    assertEquals(2, store.stats().corrupt());
  }

  @Test
  void whatCannotBeReadOrRemovedIsSaidAndProvesNothing() throws Exception {
    StoreFiles.flip(file(keys, 2), 5000);
    io.fail(Op.DELETE, file(keys, 2)::equals, IoFault.READ_ONLY);
    io.fail(Op.READ, file(keys, 3)::equals, IoFault.TRANSIENT);
    io.fail(Op.READ, file(keys, 4)::equals, IoFault.MISSING);
    Gate gate = io.hang(Op.READ, file(keys, 5)::equals);
    VerifyReport report = store.verify(true, observer);
    gate.release();
    assertEquals(Map.of(file(keys, 2), ImageFault.PAYLOAD_CHECKSUM), wrong);
    assertEquals(3, report.failed());
    assertEquals(1, report.gone());
    assertEquals(0, report.removed());
    assertEquals(CHUNKS - 3, report.checked());
    assertEquals(Set.of(file(keys, 2), file(keys, 3), file(keys, 5)), unreadable.keySet());
    assertTrue(unreadable.get(file(keys, 5)).contains("hangs"), unreadable.toString());
  }

  @Test
  void linksAndForeignFilesAreNeverOpened(@TempDir Path elsewhere) throws Exception {
    long before = verify().foreign();
    Path target = Files.write(elsewhere.resolve("image"), new byte[100]);
    String name = keys.chunk(0).hex();
    Path link = Files.createSymbolicLink(file(keys, 0).resolveSibling(name + "-0.g7"), target);
    Path note = Files.write(file(keys, 0).resolveSibling("note.txt"), new byte[10]);
    Path temporary =
        Files.write(file(keys, 0).resolveSibling("." + name + "-0.g0.aBcdefgh"), new byte[10]);
    VerifyReport report = store.verify(true, observer);
    assertEquals(0, report.corrupt());
    assertEquals(CHUNKS, report.checked());
    assertEquals(before + 2, report.foreign());
    assertEquals(1, report.temporaries());
    for (Path left : List.of(link, note, temporary)) {
      assertTrue(Files.exists(left, LinkOption.NOFOLLOW_LINKS));
    }
    assertArrayEquals(new byte[100], Files.readAllBytes(target));
  }

  @Test
  void closingTheStoreEndsItWithWhatItHas() throws Exception {
    Gate gate = io.block(Op.READ, file(keys, 3)::equals);
    CompletableFuture<VerifyReport> running = CompletableFuture.supplyAsync(this::verify);
    gate.awaitEntered();
    CompletableFuture<Void> closing = CompletableFuture.runAsync(store::close);
    Await.until(store::isClosed);
    gate.release();
    closing.join();
    VerifyReport report = running.join();
    assertFalse(report.complete());
    assertEquals(0, report.corrupt());
    assertThrows(IllegalStateException.class, this::verify);
  }

  @Test
  void nothingIsRemovedOnceTheStoreCloses() throws Exception {
    closeStore();
    store = DirectoryStore.builder(root).io(io.factory()).unlinkRate(10).open();
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
      Files.write(file(keys, chunk), new byte[100]);
    }
    Gate gate = io.block(Op.DELETE);
    CompletableFuture<VerifyReport> running =
        CompletableFuture.supplyAsync(() -> store.verify(true, observer));
    gate.awaitEntered();
    CompletableFuture<Void> closing = CompletableFuture.runAsync(store::close);
    Await.until(store::isClosed);
    gate.release();
    closing.join();
    assertEquals(1, running.join().removed());
    assertEquals(CHUNKS - 1, StoreFiles.images(root).size());
  }
}
