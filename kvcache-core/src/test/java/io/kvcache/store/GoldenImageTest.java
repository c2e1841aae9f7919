package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.kvcache.fixture.StoreFiles;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The golden files were made by another program from the format's table. */
class GoldenImageTest {
  private static final String CONFIG =
      "{\"alignment\":4096,\"arrangement\":\"NHD\",\"block_tokens\":4,\"chunk_tokens\":16,"
          + "\"element_type\":\"F16\",\"format_version\":1,\"groups\":["
          + "{\"kind\":\"full\",\"layers\":[0,5],\"parts\":[{\"bytes\":200,\"name\":\"k\"},"
          + "{\"bytes\":120,\"name\":\"v\"}]},"
          + "{\"kind\":\"window\",\"layers\":[1],\"parts\":[{\"bytes\":16,\"name\":\"k\"},"
          + "{\"bytes\":24,\"name\":\"v\"}],\"window\":20},"
          + "{\"kind\":\"state\",\"layers\":[2,65535],\"parts\":[{\"bytes\":1000,\"name\":\"s\"},"
          + "{\"bytes\":12,\"name\":\"conv\"}]}],\"hash_seed\":\"vllm-none-hash\","
          + "\"model\":\"golden/model v1\",\"tokenizer\":\""
          + "cd".repeat(32)
          + "\",\"weights\":\""
          + "ab".repeat(32)
          + "\",\"world\":2}";

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void sealingMakesTheGoldenBytesWhateverTheSlotHeldBefore(int group) {
    byte[] golden = GoldenImage.resource(GoldenImage.imageFile(group));
    for (int former : new int[] {0x00, 0xFF, 0x5A}) {
      ByteBuffer slot = GoldenImage.slot(golden.length, former);
      GoldenImage.fill(slot, GoldenImage.NAMESPACE, group);
      GoldenImage.NAMESPACE
          .image(group)
          .seal(slot, GoldenImage.NAMESPACE, GoldenImage.CHUNK, GoldenImage.CREATED);
      byte[] sealed = new byte[golden.length];
      slot.get(0, sealed);
      assertEquals(-1, Arrays.mismatch(golden, sealed));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void goldenFilesAreAccepted(int group) {
    ByteBuffer image = GoldenImage.image(group);
    assertNull(
        GoldenImage.NAMESPACE
            .image(group)
            .verify(image, image.capacity(), GoldenImage.NAMESPACE, GoldenImage.CHUNK));
  }

  @Test
  void goldenFilesAreFoundAndReadAsAStore(@TempDir Path root) throws Exception {
    for (int group = 0; group < 3; group++) {
      Path file = root.resolve(GoldenImage.imageFile(group));
      Files.createDirectories(file.getParent());
      Files.write(file, GoldenImage.resource(GoldenImage.imageFile(group)));
    }
    try (DirectoryStore store = DirectoryStore.open(root)) {
      ChunkDirectory directory = store.directory(GoldenImage.NAMESPACE);
      for (int group = 0; group < 3; group++) {
        ByteBuffer golden = GoldenImage.image(group);
        ByteBuffer slot = GoldenImage.slot(golden.capacity(), 0xFF);
        assertEquals(
            ReadOutcome.OK,
            directory.read(GoldenImage.CHUNK, group, () -> slot, Urgency.DEMAND).outcome().get(),
            "g" + group);
        assertEquals(golden, slot);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 4096, 20480, 2", "1, 4096, 8192, 1", "2, 4096, 12288, 2"})
  void headerFieldsAreAtTheOffsetsOfTheFormat(
      int group, int headerBytes, long fileBytes, int segments) {
    ByteBuffer image = GoldenImage.image(group);
    byte[] magic = new byte[8];
    image.get(0, magic);
    assertEquals("KVCHUNK\n", new String(magic, StandardCharsets.US_ASCII));
    assertEquals(1, image.getShort(8), "format version");
    assertEquals(0, image.getShort(10), "flags");
    assertEquals(headerBytes, image.getInt(12), "header bytes");
    assertEquals(4096, image.getInt(16), "alignment");
    assertEquals(3, image.getInt(20), "chunk index");
    assertEquals(16, image.getInt(24), "tokens");
    assertEquals(group, image.getInt(28), "group");
    assertEquals(1, image.getInt(32), "rank");
    assertEquals(2, image.getInt(36), "world");
    assertEquals(fileBytes, image.getLong(40), "file bytes");
    assertEquals(fileBytes, image.capacity());
    assertEquals(segments, image.getInt(48), "segment count");
    assertEquals(0, image.getInt(52));
    assertEquals(1_767_225_600_000L, image.getLong(56), "created");
    assertEquals(
        "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f", hex(image, 64), "key");
    assertEquals(
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        hex(image, 96),
        "parent");
    assertEquals(sha256(CONFIG.getBytes(StandardCharsets.UTF_8)), hex(image, 128), "fingerprint");
    assertEquals(
        sha256("\u0068tenant-7".getBytes(StandardCharsets.US_ASCII)), hex(image, 160), "scope");
    for (int i = 192; i < 252; i++) {
      assertEquals(0, image.get(i), "reserved byte " + i);
    }
    for (int i = 256 + 24 * segments; i < headerBytes; i++) {
      assertEquals(0, image.get(i), "header tail " + i);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0, 4096, 5120",
    "0, 1, 5, 12288, 5120",
    "1, 0, 1, 4096, 640",
    "2, 0, 2, 4096, 1012",
    "2, 1, 65535, 8192, 1012"
  })
  void segmentEntriesNameLayerChecksumOffsetAndUnpaddedLength(
      int group, int segment, int layer, long offset, int length) {
    ByteBuffer image = GoldenImage.image(group);
    int entry = 256 + 24 * segment;
    assertEquals(layer, image.getShort(entry) & 0xffff);
    assertEquals(0, image.getShort(entry + 2));
    assertEquals(offset, image.getLong(entry + 8));
    assertEquals(length, image.getLong(entry + 16));
    CRC32C crc = new CRC32C();
    crc.update(image.slice((int) offset, length));
    assertEquals((int) crc.getValue(), image.getInt(entry + 4));
  }

  @Test
  void configJsonIsTheLiteralAndItsHashIsTheFingerprint() {
    assertEquals(CONFIG, new String(GoldenImage.NAMESPACE.config(), StandardCharsets.UTF_8));
    assertArrayEquals(
        GoldenImage.NAMESPACE.config(), GoldenImage.resource(GoldenImage.CONFIG_FILE));
    String hash = sha256(CONFIG.getBytes(StandardCharsets.UTF_8));
    assertEquals(hash, GoldenImage.NAMESPACE.fingerprintHex());
    assertEquals(
        "golden_model_v1_" + hash.substring(0, 12) + "/config.json", GoldenImage.CONFIG_FILE);
  }

  @Test
  void aStoreWritesTheseFilesAndNoOthers(@TempDir Path root) throws Exception {
    try (DirectoryStore store = DirectoryStore.open(root)) {
      ChunkDirectory directory = store.directory(GoldenImage.NAMESPACE);
      for (int group = 0; group < 3; group++) {
        ByteBuffer slot = GoldenImage.slot(GoldenImage.NAMESPACE.image(group).imageBytes(), 0xFF);
        GoldenImage.fill(slot, GoldenImage.NAMESPACE, group);
        directory.write(GoldenImage.CHUNK, group, slot).outcome().get();
      }
    }
    try (var files = Files.walk(root)) {
      assertEquals(
          Stream.of(
                  GoldenImage.CONFIG_FILE,
                  GoldenImage.imageFile(0),
                  GoldenImage.imageFile(1),
                  GoldenImage.imageFile(2))
              .sorted()
              .toList(),
          files
              .filter(Files::isRegularFile)
              .map(file -> root.relativize(file).toString())
              .sorted()
              .toList());
    }
    assertArrayEquals(
        GoldenImage.resource(GoldenImage.CONFIG_FILE),
        Files.readAllBytes(root.resolve(GoldenImage.CONFIG_FILE)));
    for (int group = 0; group < 3; group++) {
      ByteBuffer written =
          ByteBuffer.wrap(Files.readAllBytes(root.resolve(GoldenImage.imageFile(group))))
              .order(ByteOrder.LITTLE_ENDIAN);
      long created = written.getLong(56);
      StoreFiles.forge(written, image -> image.putLong(56, GoldenImage.CREATED));
      assertEquals(GoldenImage.image(group), written, "but for the time, which was " + created);
    }
  }

  private static String hex(ByteBuffer image, int offset) {
    byte[] bytes = new byte[32];
    image.get(offset, bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
