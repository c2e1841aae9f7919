package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.kvcache.ModelFingerprint;
import io.kvcache.fixture.StoreFiles;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is not, to the last byte that counts, the image that was asked for, is rejected. */
class ImageCorruptionTest {
  private static final int HEADER = 4096;

  private static ImageFault verify(ByteBuffer image, int group) {
    return verify(image, image.capacity(), group);
  }

  private static ImageFault verify(ByteBuffer image, int length, int group) {
    return GoldenImage.NAMESPACE
        .image(group)
        .verify(image, length, GoldenImage.NAMESPACE, GoldenImage.CHUNK);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void everyFlippedByteOfTheHeaderIsRejected(int group) {
    ByteBuffer image = GoldenImage.image(group);
    for (int i = 0; i < HEADER; i++) {
      byte right = image.get(i);
      image.put(i, (byte) (right ^ 1 << i % 8));
      ImageFault fault = verify(image, group);
      assertEquals(
          i < 8 ? ImageFault.MAGIC : i < 10 ? ImageFault.VERSION : ImageFault.HEADER_CHECKSUM,
          fault,
          "byte " + i);
      image.put(i, right);
    }
    assertNull(verify(image, group), "verifying leaves the bytes as they were");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void flippedBytesOfTheRowsAreRejectedAndThoseOfThePaddingAreNot(int group) {
    long seed = System.nanoTime();
    System.out.println("ImageCorruptionTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    ByteBuffer image = GoldenImage.image(group);
    int segment = (int) image.getLong(256 + 16);
    int stride = (segment + 4095) / 4096 * 4096;
    int[] edges = {0, segment - 1, segment, stride - 1};
    for (int n = 0; n < 500; n++) {
      int inSegment = n < edges.length ? edges[n] : random.nextInt(stride);
      int at = HEADER + random.nextInt(image.getInt(48)) * stride + inSegment;
      byte right = image.get(at);
      image.put(at, (byte) (right ^ 1 << random.nextInt(8)));
      assertEquals(
          inSegment < segment ? ImageFault.PAYLOAD_CHECKSUM : null,
          verify(image, group),
          () -> "byte " + at + ", seed " + seed);
      image.put(at, right);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void truncatedImagesAreRejectedAtEveryLengthAndBytesBehindTheEndAreNotLookedAt(int group) {
    ByteBuffer image = GoldenImage.image(group);
    int whole = image.capacity();
    int[] lengths = {0, 1, 7, 8, 255, 256, 4095, 4096, 4097, whole - 4096, whole - 1};
    for (int length : lengths) {
      ByteBuffer torn = GoldenImage.image(group);
      for (int i = length; i < whole; i++) {
        torn.put(i, (byte) 0xA5);
      }
      assertEquals(ImageFault.LENGTH, verify(torn, length, group), "poisoned behind " + length);
      // Even if the slot's former image is the right one: what did not come is not there.
      assertEquals(ImageFault.LENGTH, verify(image, length, group), "length " + length);
    }
  }

  private static Arguments forged(ImageFault fault, String what, Consumer<ByteBuffer> change) {
    return Arguments.of(fault, Named.of(what, change));
  }

  static Stream<Arguments> forgeries() {
    int huge = 0x7fff_f000;
    return Stream.of(
        forged(ImageFault.MAGIC, "magic", image -> image.put(3, (byte) 'X')),
        forged(ImageFault.VERSION, "version 0", image -> image.putShort(8, (short) 0)),
        forged(ImageFault.VERSION, "version 2", image -> image.putShort(8, (short) 2)),
        forged(ImageFault.SHAPE, "flags", image -> image.putShort(10, (short) 1)),
        forged(ImageFault.SHAPE, "alignment", image -> image.putInt(16, 8192)),
        forged(ImageFault.KEY, "index", image -> image.putInt(20, 4)),
        forged(ImageFault.KEY, "tokens", image -> image.putInt(24, 32)),
        forged(ImageFault.RANK, "group", image -> image.putInt(28, 1)),
        forged(ImageFault.RANK, "rank", image -> image.putInt(32, 0)),
        forged(ImageFault.RANK, "world", image -> image.putInt(36, 4)),
        forged(ImageFault.SHAPE, "file bytes", image -> image.putLong(40, Long.MAX_VALUE)),
        forged(ImageFault.SHAPE, "negative file bytes", image -> image.putLong(40, -1)),
        forged(ImageFault.SHAPE, "segment count", image -> image.putInt(48, huge)),
        forged(ImageFault.SHAPE, "no segments", image -> image.putInt(48, 0)),
        forged(ImageFault.KEY, "key", image -> image.put(64 + 31, (byte) 0)),
        forged(ImageFault.KEY, "parent", image -> image.put(96, (byte) 0)),
        forged(ImageFault.FINGERPRINT, "fingerprint", image -> flip(image, 128 + 31)),
        forged(ImageFault.SHAPE, "layer", image -> image.putShort(256 + 24, (short) 6)),
        forged(ImageFault.SHAPE, "segment offset", image -> image.putLong(256 + 8, 8192)),
        forged(ImageFault.SHAPE, "huge offset", image -> image.putLong(256 + 8, Long.MIN_VALUE)),
        forged(ImageFault.SHAPE, "segment length", image -> image.putLong(256 + 16, 5119)),
        forged(ImageFault.SHAPE, "huge length", image -> image.putLong(256 + 16, Long.MAX_VALUE)),
        forged(ImageFault.PAYLOAD_CHECKSUM, "checksum", image -> flip(image, 256 + 4)));
  }

  private static void flip(ByteBuffer image, int at) {
    image.put(at, (byte) ~image.get(at));
  }

  @ParameterizedTest
  @MethodSource("forgeries")
  void headersThatAreWrongButChecksummedAreRejectedForTheirReason(
      ImageFault fault, Consumer<ByteBuffer> change) {
    ByteBuffer image = GoldenImage.image(0);
    StoreFiles.forge(image, change);
    assertEquals(fault, verify(image, 0));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4095, 8192, 0x7fff_f000, -4096})
  void aHeaderSizeThatTheLayoutDoesNotComputeIsRejectedWhateverItIs(int headerBytes) {
    ByteBuffer image = GoldenImage.image(0);
    // Checksummed over the right 4096 bytes: what a forger who knows the reader would do.
    StoreFiles.forge(image, header -> header.putInt(12, headerBytes));
    assertEquals(ImageFault.SHAPE, verify(image, 0));
  }

  @Test
  void theTimeOfCreationIsInformationAndMayBeAnything() {
    ByteBuffer image = GoldenImage.image(0);
    StoreFiles.forge(image, header -> header.putLong(56, -1));
    assertNull(verify(image, 0));
  }

  @Test
  void anImageOfAnotherGroupRankModelOrChunkIsRejected() {
    Namespace golden = GoldenImage.NAMESPACE;
    StoredChunk chunk = GoldenImage.CHUNK;
    ByteBuffer image = GoldenImage.image(0);
    int length = image.capacity();
    Namespace otherRank =
        new Namespace(GoldenImage.MODEL, GoldenImage.LAYOUT, "vllm-none-hash", 0, 2);
    Namespace otherSeed = new Namespace(GoldenImage.MODEL, GoldenImage.LAYOUT, "other", 1, 2);
    Namespace otherWorld =
        new Namespace(GoldenImage.MODEL, GoldenImage.LAYOUT, "vllm-none-hash", 1, 3);
    ImageDescriptor descriptor = golden.image(0);
    assertEquals(ImageFault.RANK, descriptor.verify(image, length, otherRank, chunk));
    assertEquals(ImageFault.FINGERPRINT, descriptor.verify(image, length, otherSeed, chunk));
    assertEquals(ImageFault.FINGERPRINT, descriptor.verify(image, length, otherWorld, chunk));
    StoredChunk otherKey = new StoredChunk(chunk.parent(), chunk.parent(), 3, chunk.scopeDigest());
    StoredChunk otherParent = new StoredChunk(chunk.key(), chunk.key(), 3, chunk.scopeDigest());
    StoredChunk otherIndex = new StoredChunk(chunk.key(), chunk.parent(), 2, chunk.scopeDigest());
    for (StoredChunk other : new StoredChunk[] {otherKey, otherParent, otherIndex}) {
      assertEquals(ImageFault.KEY, descriptor.verify(image, length, golden, other));
    }
    ByteBuffer window = GoldenImage.slot(length, 0).put(0, GoldenImage.image(1), 0, 8192);
    assertNotNull(descriptor.verify(window, length, golden, chunk));
  }

  @Test
  void aNamespaceDependsOnEverythingThatChangesTheBytes() {
    String golden = GoldenImage.NAMESPACE.fingerprintHex();
    Stream.of(
            new Namespace(
                GoldenImage.MODEL,
                GoldenImage.LAYOUT.toBuilder().arrangement("HND").build(),
                "vllm-none-hash",
                1,
                2),
            new Namespace(
                GoldenImage.MODEL,
                GoldenImage.LAYOUT.toBuilder().chunkTokens(32).build(),
                "vllm-none-hash",
                1,
                2),
            new Namespace(
                GoldenImage.MODEL,
                GoldenImage.LAYOUT.toBuilder().alignment(8192).build(),
                "vllm-none-hash",
                1,
                2),
            new Namespace(
                ModelFingerprint.of("golden/model v1", "ac".repeat(32), "cd".repeat(32)),
                GoldenImage.LAYOUT,
                "vllm-none-hash",
                1,
                2))
        .forEach(other -> assertNotEquals(golden, other.fingerprintHex()));
    assertEquals(
        golden,
        new Namespace(GoldenImage.MODEL, GoldenImage.LAYOUT, "vllm-none-hash", 0, 2)
            .fingerprintHex(),
        "the rank is beside the fingerprint");
  }
}
