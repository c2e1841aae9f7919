package io.kvcache.store;

import io.kvcache.ChunkKey;
import io.kvcache.KvLayout;
import io.kvcache.LayoutGroup;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The bytes of one chunk's image, in a slot and on disk, format version 1. Little-endian; {@code A}
 * is the layout's alignment.
 *
 * <pre>
 *  offset size
 *   +--------------------------------------------------------------+
 *   |   0   8  magic "KVCHUNK\n"                                   |
 *   |   8   2  format version = 1                                  |
 *   |  10   2  flags = 0                                           |
 *   |  12   4  header bytes, a multiple of A                       |
 *   |  16   4  A                                                   |
 *   |  20   4  chunk index in the prompt                           |
 *   |  24   4  tokens in the chunk                                 |
 *   |  28   4  group                                               |
 *   |  32   4  rank                                                |
 *   |  36   4  world                                               |
 *   |  40   8  file bytes: header + padded segments                |
 *   |  48   4  segment count                                       |
 *   |  52   4  0                                                   |
 *   |  56   8  created, ms since 1970 (information)                |
 *   |  64  32  key                                                 |
 *   |  96  32  parent key (NONE_HASH for chunk 0)                  |
 *   | 128  32  fingerprint                                         |
 *   | 160  32  scope digest, zero without a salt                   |
 *   | 192  60  0                                                   |
 *   | 252   4  CRC32C of the whole header with this field zero     |
 *   +--------------------------------------------------------------+
 *   | 256  24 each, one per layer of the group, ascending:         |
 *   |       +0  2  layer                                           |
 *   |       +2  2  0                                               |
 *   |       +4  4  CRC32C of the segment's length bytes            |
 *   |       +8  8  offset                                          |
 *   |      +16  8  length, unpadded                                |
 *   | ...      0 up to the header bytes                            |
 *   +--------------------------------------------------------------+
 *   | segment of the first layer: its parts one after the other,   |
 *   | each part the rows of the chunk's tokens in order; 0 up to A |
 *   +--------------------------------------------------------------+
 *   | segment of the next layer ...                                |
 *   +--------------------------------------------------------------+
 * </pre>
 *
 * <p>Nothing in a file decides how much is read or where: a reader computes every offset and length
 * from its own layout and requires the file to say the same. Immutable and thread-safe; the buffers
 * are the caller's.
 */
public final class ImageDescriptor {
  /** Version that this class writes and reads. */
  public static final int FORMAT_VERSION = 1;

  /** Largest image: one slot must fit an arena. */
  public static final long MAX_IMAGE_BYTES = 1L << 30;

  private static final long MAGIC =
      0x0A4B4E554843564BL; // "KVCHUNK\n" read as a little-endian number

  private static final int VERSION_OFFSET = 8;
  private static final int FLAGS_OFFSET = 10;
  private static final int HEADER_BYTES_OFFSET = 12;
  private static final int ALIGNMENT_OFFSET = 16;
  private static final int INDEX_OFFSET = 20;
  private static final int TOKENS_OFFSET = 24;
  private static final int GROUP_OFFSET = 28;
  private static final int RANK_OFFSET = 32;
  private static final int WORLD_OFFSET = 36;
  private static final int FILE_BYTES_OFFSET = 40;
  private static final int SEGMENT_COUNT_OFFSET = 48;
  private static final int CREATED_OFFSET = 56;
  private static final int KEY_OFFSET = 64;
  private static final int PARENT_OFFSET = 96;
  private static final int FINGERPRINT_OFFSET = 128;
  private static final int SCOPE_OFFSET = 160;
  private static final int HEADER_CRC_OFFSET = 252;
  private static final int SEGMENTS_OFFSET = 256;
  private static final int SEGMENT_ENTRY_BYTES = 24;
  private static final int MOST_SEGMENTS = 1 << 16; // a layer is a u16

  private final LayoutGroup group;
  private final int groupNumber;
  private final int chunkTokens;
  private final int alignment;
  private final int headerBytes;
  private final int segmentBytes;
  private final int segmentStride;
  private final int imageBytes;

  /**
   * @param layout what the rank holds
   * @param groupNumber the group whose image this describes
   * @throws IllegalArgumentException if the image would be larger than {@link #MAX_IMAGE_BYTES}
   */
  public ImageDescriptor(KvLayout layout, int groupNumber) {
    this.group = layout.groups().get(groupNumber);
    this.groupNumber = groupNumber;
    this.chunkTokens = layout.chunkTokens();
    this.alignment = layout.alignment();
    long header = headerBytes(group.layerCount(), alignment);
    long segment = group.layerBytes(chunkTokens);
    long total = header + padded(segment, alignment) * group.layerCount();
    if (segment > MAX_IMAGE_BYTES || total > MAX_IMAGE_BYTES) {
      throw new IllegalArgumentException(
          "an image of "
              + chunkTokens
              + " tokens of "
              + group
              + " has "
              + total
              + " bytes, the limit is "
              + MAX_IMAGE_BYTES
              + ": use smaller chunks");
    }
    this.headerBytes = (int) header;
    this.segmentBytes = (int) segment;
    this.segmentStride = (int) padded(segment, alignment);
    this.imageBytes = (int) total;
  }

  private static long headerBytes(int segments, int alignment) {
    return padded(SEGMENTS_OFFSET + (long) SEGMENT_ENTRY_BYTES * segments, alignment);
  }

  private static long padded(long bytes, int alignment) {
    return (bytes + alignment - 1) / alignment * alignment;
  }

  /** The group that the image holds. */
  public LayoutGroup group() {
    return group;
  }

  /** Bytes of the whole image, a multiple of the alignment. */
  public int imageBytes() {
    return imageBytes;
  }

  /** Bytes before the first segment. */
  public int headerBytes() {
    return headerBytes;
  }

  /** Where the rows of one part begin, from the start of the image. */
  public int partOffset(int layerIndex, int part) {
    int offset = headerBytes + layerIndex * segmentStride;
    for (int p = 0; p < part; p++) {
      offset += partBytes(p);
    }
    return offset;
  }

  /** Bytes of one part's rows. */
  public int partBytes(int part) {
    return group.parts().get(part).bytes() * group.rows(chunkTokens);
  }

  /**
   * Makes a finished image out of a slot whose parts are filled: header, checksums, and zeros where
   * nothing belongs (a slot's former bytes must not reach a file).
   *
   * @param image position 0, {@link #imageBytes()} long, little-endian
   */
  void seal(ByteBuffer image, Namespace namespace, StoredChunk chunk, long createdMillis) {
    zero(image, 0, headerBytes);
    image.putLong(0, MAGIC);
    image.putShort(VERSION_OFFSET, (short) FORMAT_VERSION);
    image.putInt(HEADER_BYTES_OFFSET, headerBytes);
    image.putInt(ALIGNMENT_OFFSET, alignment);
    image.putInt(INDEX_OFFSET, chunk.index());
    image.putInt(TOKENS_OFFSET, chunkTokens);
    image.putInt(GROUP_OFFSET, groupNumber);
    image.putInt(RANK_OFFSET, namespace.rank());
    image.putInt(WORLD_OFFSET, namespace.world());
    image.putLong(FILE_BYTES_OFFSET, imageBytes);
    image.putInt(SEGMENT_COUNT_OFFSET, group.layerCount());
    image.putLong(CREATED_OFFSET, createdMillis);
    chunk.key().writeTo(image, KEY_OFFSET);
    chunk.parent().writeTo(image, PARENT_OFFSET);
    image.put(FINGERPRINT_OFFSET, namespace.fingerprint(), 0, ChunkKey.BYTES);
    image.put(SCOPE_OFFSET, chunk.scopeDigest(), 0, ChunkKey.BYTES);
    CRC32C crc = new CRC32C();
    for (int i = 0; i < group.layerCount(); i++) {
      int offset = headerBytes + i * segmentStride;
      int entry = SEGMENTS_OFFSET + i * SEGMENT_ENTRY_BYTES;
      image.putShort(entry, (short) group.layer(i));
      image.putInt(entry + 4, checksum(crc, image, offset, segmentBytes));
      image.putLong(entry + 8, offset);
      image.putLong(entry + 16, segmentBytes);
      zero(image, offset + segmentBytes, segmentStride - segmentBytes);
    }
    image.putInt(HEADER_CRC_OFFSET, checksum(crc, image, 0, headerBytes));
  }

  /**
   * Whether an image that was read is, to the last byte, the one that was asked for.
   *
   * @param image position 0, {@link #imageBytes()} long, little-endian
   * @param length bytes that really came from the file
   * @return null if it is, else the first thing that proves it is not
   */
  ImageFault verify(ByteBuffer image, int length, Namespace namespace, StoredChunk chunk) {
    if (length < SEGMENTS_OFFSET) {
      return ImageFault.LENGTH;
    }
    if (image.getLong(0) != MAGIC) {
      return ImageFault.MAGIC;
    }
    if (image.getShort(VERSION_OFFSET) != FORMAT_VERSION) {
      return ImageFault.VERSION;
    }
    if (length < imageBytes) {
      return ImageFault.LENGTH;
    }
    CRC32C crc = new CRC32C();
    if (!headerIsIntact(crc, image, headerBytes)) {
      return ImageFault.HEADER_CHECKSUM;
    }
    if (image.getShort(FLAGS_OFFSET) != 0
        || image.getInt(HEADER_BYTES_OFFSET) != headerBytes
        || image.getInt(ALIGNMENT_OFFSET) != alignment
        || image.getLong(FILE_BYTES_OFFSET) != imageBytes
        || image.getInt(SEGMENT_COUNT_OFFSET) != group.layerCount()) {
      return ImageFault.SHAPE;
    }
    if (!ByteBuffer.wrap(namespace.fingerprint())
        .equals(image.slice(FINGERPRINT_OFFSET, ChunkKey.BYTES))) {
      return ImageFault.FINGERPRINT;
    }
    if (image.getInt(RANK_OFFSET) != namespace.rank()
        || image.getInt(WORLD_OFFSET) != namespace.world()
        || image.getInt(GROUP_OFFSET) != groupNumber) {
      return ImageFault.RANK;
    }
    if (!chunk.key().matches(image, KEY_OFFSET)
        || !chunk.parent().matches(image, PARENT_OFFSET)
        || !ByteBuffer.wrap(chunk.scopeDigest()).equals(image.slice(SCOPE_OFFSET, ChunkKey.BYTES))
        || image.getInt(INDEX_OFFSET) != chunk.index()
        || image.getInt(TOKENS_OFFSET) != chunkTokens) {
      return ImageFault.KEY;
    }
    for (int i = 0; i < group.layerCount(); i++) {
      int offset = headerBytes + i * segmentStride;
      int entry = SEGMENTS_OFFSET + i * SEGMENT_ENTRY_BYTES;
      if (image.getShort(entry) != (short) group.layer(i)
          || image.getLong(entry + 8) != offset
          || image.getLong(entry + 16) != segmentBytes) {
        return ImageFault.SHAPE;
      }
      if (image.getInt(entry + 4) != checksum(crc, image, offset, segmentBytes)) {
        return ImageFault.PAYLOAD_CHECKSUM;
      }
    }
    return null;
  }

  /** Bytes that are read to begin with, to learn whose an image of whatever layout is. */
  static final int FIRST_BLOCK_BYTES = 4096;

  private static final int LARGEST_HEADER_BYTES = 4 << 20;

  /** Whose an image is, as far as its header says. */
  enum Whose {
    THEIRS,
    OTHERS,
    /** The header proves that the file is no image, or not a whole one. */
    DAMAGED,
    UNKNOWN_VERSION
  }

  /**
   * Bytes of a header that is to be read whole before it is trusted: 0 if the first block proves
   * that there is none.
   */
  static int statedHeaderBytes(ByteBuffer start, int length) {
    if (length < SEGMENTS_OFFSET || start.getLong(0) != MAGIC) {
      return 0;
    }
    int stated = start.getInt(HEADER_BYTES_OFFSET);
    return stated < SEGMENTS_OFFSET || stated > LARGEST_HEADER_BYTES ? 0 : stated;
  }

  /**
   * Whose an image is, of whatever layout and namespace: its header and checksum are verified
   * before the scope digest in it is trusted.
   *
   * @param header position 0, little-endian, room for {@link #statedHeaderBytes}
   * @param length bytes that really came from the file
   */
  static Whose whose(ByteBuffer header, int length, byte[] scopeDigest) {
    if (length >= SEGMENTS_OFFSET
        && header.getLong(0) == MAGIC
        && header.getShort(VERSION_OFFSET) != FORMAT_VERSION) {
      return Whose.UNKNOWN_VERSION;
    }
    int bytes = statedHeaderBytes(header, length);
    if (bytes == 0 || bytes > length) {
      return Whose.DAMAGED;
    }
    if (!headerIsIntact(new CRC32C(), header, bytes)) {
      return Whose.DAMAGED;
    }
    return ByteBuffer.wrap(scopeDigest).equals(header.slice(SCOPE_OFFSET, ChunkKey.BYTES))
        ? Whose.THEIRS
        : Whose.OTHERS;
  }

  /**
   * Whether an image of whatever layout is, to the last byte, what its own header and the names of
   * its file and directory say. A reader that knows the layout demands no less.
   *
   * <p>The header is hostile until its checksum is right, and even then decides only where in these
   * bytes to look.
   *
   * @param image position 0, little-endian
   * @param length bytes that really came from the file
   * @param fileBytes length of the file; may be more than was read
   * @return null if it is; {@link ImageFault#VERSION} if only a later release could tell; else the
   *     first thing that proves it is not
   */
  static ImageFault verify(ByteBuffer image, int length, long fileBytes, NamedImage name) {
    if (length < SEGMENTS_OFFSET) {
      return ImageFault.LENGTH;
    }
    if (image.getLong(0) != MAGIC) {
      return ImageFault.MAGIC;
    }
    int header = statedHeaderBytes(image, length);
    CRC32C crc = new CRC32C();
    if (image.getShort(VERSION_OFFSET) != FORMAT_VERSION) {
      return isOursButForItsVersion(crc, image, length, header)
          ? ImageFault.HEADER_CHECKSUM
          : ImageFault.VERSION;
    }
    if (header > length && image.getLong(FILE_BYTES_OFFSET) > length) {
      return ImageFault.LENGTH;
    }
    if (header == 0 || header > length || !headerIsIntact(crc, image, header)) {
      return ImageFault.HEADER_CHECKSUM;
    }
    int alignment = image.getInt(ALIGNMENT_OFFSET);
    int segments = image.getInt(SEGMENT_COUNT_OFFSET);
    if (image.getShort(FLAGS_OFFSET) != 0
        || image.getInt(TOKENS_OFFSET) < 1
        || alignment < NioChunkIo.ALIGNMENT
        || Integer.bitCount(alignment) != 1
        || segments < 1
        || segments > MOST_SEGMENTS
        || header != headerBytes(segments, alignment)) {
      return ImageFault.SHAPE;
    }
    if (image.getLong(FILE_BYTES_OFFSET) != fileBytes || length < fileBytes) {
      return ImageFault.LENGTH;
    }
    ImageFault fault = misnamed(image, name);
    return fault != null ? fault : segmentFault(crc, image, length, header);
  }

  /** A bit of the version turned over is no later version. */
  private static boolean isOursButForItsVersion(
      CRC32C crc, ByteBuffer image, int length, int header) {
    if (header == 0 || header > length) {
      return false;
    }
    short stated = image.getShort(VERSION_OFFSET);
    image.putShort(VERSION_OFFSET, (short) FORMAT_VERSION);
    boolean ours = headerIsIntact(crc, image, header);
    image.putShort(VERSION_OFFSET, stated);
    return ours;
  }

  private static ImageFault misnamed(ByteBuffer image, NamedImage name) {
    byte[] fingerprint = new byte[ChunkKey.BYTES];
    image.get(FINGERPRINT_OFFSET, fingerprint);
    if (!name.mayHave(fingerprint)) {
      return ImageFault.FINGERPRINT;
    }
    int rank = image.getInt(RANK_OFFSET);
    if (rank != name.rank()
        || rank >= image.getInt(WORLD_OFFSET)
        || image.getInt(GROUP_OFFSET) != name.path().group()) {
      return ImageFault.RANK;
    }
    return name.path().key().matches(image, KEY_OFFSET)
            && image.getInt(INDEX_OFFSET) == name.path().index()
        ? null
        : ImageFault.KEY;
  }

  private static ImageFault segmentFault(CRC32C crc, ByteBuffer image, int length, int header) {
    int alignment = image.getInt(ALIGNMENT_OFFSET);
    int segments = image.getInt(SEGMENT_COUNT_OFFSET);
    int layer = -1;
    long end = header;
    for (int i = 0; i < segments; i++) {
      int entry = SEGMENTS_OFFSET + i * SEGMENT_ENTRY_BYTES;
      int next = Short.toUnsignedInt(image.getShort(entry));
      long bytes = image.getLong(entry + 16);
      if (next <= layer
          || image.getShort(entry + 2) != 0
          || image.getLong(entry + 8) != end
          || bytes < 1
          || bytes > length - end) {
        return ImageFault.SHAPE;
      }
      if (image.getInt(entry + 4) != checksum(crc, image, (int) end, (int) bytes)) {
        return ImageFault.PAYLOAD_CHECKSUM;
      }
      layer = next;
      end += padded(bytes, alignment);
    }
    return end == length ? null : ImageFault.SHAPE;
  }

  private static boolean headerIsIntact(CRC32C crc, ByteBuffer header, int bytes) {
    int stated = header.getInt(HEADER_CRC_OFFSET);
    header.putInt(HEADER_CRC_OFFSET, 0);
    int computed = checksum(crc, header, 0, bytes);
    header.putInt(HEADER_CRC_OFFSET, stated);
    return stated == computed;
  }

  private static final byte[] ZEROS = new byte[4096];

  private static int checksum(CRC32C crc, ByteBuffer image, int offset, int length) {
    crc.reset();
    crc.update(image.slice(offset, length));
    return (int) crc.getValue();
  }

  private static void zero(ByteBuffer image, int offset, int length) {
    for (int done = 0; done < length; done += ZEROS.length) {
      image.put(offset + done, ZEROS, 0, Math.min(ZEROS.length, length - done));
    }
  }
}
