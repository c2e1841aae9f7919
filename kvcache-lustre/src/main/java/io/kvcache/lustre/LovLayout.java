package io.kvcache.lustre;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * How Lustre spreads a file over its object storage targets (OSTs): the value of the attribute
 * {@code lustre.lov} of a file, or of a directory for files to be made in it. Written as {@code
 * lov_user_md} V1, or V3 where a pool is named; read from those and from the composite one of
 * progressive layouts (PFL). Offsets, magic numbers and limits are those of Lustre's {@code
 * lustre_user.h}. Little-endian, as both architectures are. Immutable.
 *
 * <pre>
 *  offset size
 *   +----------------------------------------------------------------+
 *   |  0   4  magic: V1 0x0BD10BD0, V3 0x0BD30BD0, SPECIFIC 0x0BD50BD0
 *   |  4   4  pattern: 1 RAID0, 0x201 overstriped, 0x100 on the MDT
 *   |  8  16  object: 0 when written
 *   | 24   4  stripe size in bytes, 0 for the default
 *   | 28   2  stripe count, 0 for the default, 0xffff for all OSTs
 *   | 30   2  first OST: 0xffff lets the MDS choose
 *   +----------------------------------------------------------------+
 *   | 32  16  V3, SPECIFIC: name of the pool, zero-terminated
 *   +----------------------------------------------------------------+
 *   |         then 24 bytes for each object of a file, unread here
 *   +----------------------------------------------------------------+
 *
 *  composite, magic 0x0BD60BD0
 *   +----------------------------------------------------------------+
 *   |  0   4  magic              |  4   4  bytes in all
 *   | 14   2  entries            |         the rest of 32 is unread
 *   +----------------------------------------------------------------+
 *   | 32  48 each, ascending by where they begin in the file:
 *   |        +24  4  where its layout begins, from offset 0
 *   |        +28  4  bytes of its layout, one as drawn above
 *   +----------------------------------------------------------------+
 * </pre>
 *
 * <p>Of a composite layout the last component is told, where large files end; {@link #components}
 * says how many there are.
 *
 * @param stripeCount OSTs of a file, {@link #DEFAULT} or {@link #ALL}
 * @param stripeBytes bytes that lie on one OST before the next one's begin, or {@link #DEFAULT}
 * @param pool the pool that the OSTs are of; empty for none
 * @param pattern {@link #RAID0}, or what else Lustre said
 * @param components 1, or how many layouts there are for ranges of the file
 */
record LovLayout(int stripeCount, long stripeBytes, String pool, int pattern, int components) {
  /** The attribute that this is the value of. */
  static final String ATTRIBUTE = "lustre.lov";

  /** Largest value of an attribute. */
  static final int MAX_ATTRIBUTE_BYTES = 65_536;

  /** As count or size: whatever the filesystem's is. */
  static final int DEFAULT = 0;

  /** As count: every OST. */
  static final int ALL = 0xffff;

  static final int RAID0 = 1;

  static final int MAX_STRIPE_COUNT = 2000;
  static final int STRIPE_UNIT_BYTES = 64 << 10;
  static final long MAX_STRIPE_BYTES = (1L << 32) - STRIPE_UNIT_BYTES;

  static final int V1_BYTES = 32;
  static final int V3_BYTES = 48;

  private static final int MAGIC_V1 = 0x0BD10BD0;
  private static final int MAGIC_V3 = 0x0BD30BD0;
  private static final int MAGIC_SPECIFIC = 0x0BD50BD0;
  private static final int MAGIC_COMPOSITE = 0x0BD60BD0;

  private static final int PATTERN_OFFSET = 4;
  private static final int SIZE_OFFSET = 24;
  private static final int COUNT_OFFSET = 28;
  private static final int FIRST_OST_OFFSET = 30;
  private static final int POOL_OFFSET = 32;
  private static final int POOL_BYTES = 16;
  private static final short ANY_OST = (short) 0xffff;

  private static final int COMPOSITE_BYTES = 32;
  private static final int ENTRIES_OFFSET = 14;
  private static final int ENTRY_BYTES = 48;
  private static final int BLOB_OFFSET = 24;
  private static final int BLOB_BYTES_OFFSET = 28;

  /**
   * A plain layout without a pool, that Lustre takes.
   *
   * @throws IllegalArgumentException if it would not
   */
  static LovLayout of(int stripeCount, long stripeBytes) {
    if (stripeCount != ALL && (stripeCount < 0 || stripeCount > MAX_STRIPE_COUNT)) {
      throw new IllegalArgumentException(
          "stripe count "
              + stripeCount
              + ": from 1 to "
              + MAX_STRIPE_COUNT
              + ", 0 for the filesystem's default, or all");
    }
    if (stripeBytes < 0 || stripeBytes > MAX_STRIPE_BYTES || stripeBytes % STRIPE_UNIT_BYTES != 0) {
      throw new IllegalArgumentException(
          "stripe size of "
              + stripeBytes
              + " bytes: Lustre takes multiples of "
              + STRIPE_UNIT_BYTES
              + " below 4 GiB, and 0 for the filesystem's default; 4 MiB is "
              + (4 << 20));
    }
    if (stripeCount == DEFAULT && stripeBytes == DEFAULT) {
      throw new IllegalArgumentException(
          "stripe count 0 and stripe size 0: that removes a directory's default; to leave it as it"
              + " is, use StripePolicy.inherit()");
    }
    return new LovLayout(stripeCount, stripeBytes, "", RAID0, 1);
  }

  /**
   * The same on the OSTs of a pool.
   *
   * @throws IllegalArgumentException if no pool has such a name
   */
  LovLayout withPool(String name) {
    if (!name.matches("[A-Za-z0-9_.-]{1," + (POOL_BYTES - 1) + "}")) {
      throw new IllegalArgumentException(
          "pool '"
              + name
              + "': a name has 1 to "
              + (POOL_BYTES - 1)
              + " letters, digits, '_', '-' and '.'; `lfs pool_list` shows those of a filesystem,"
              + " and the part behind its dot is the name");
    }
    if (name.equals("ignore") || name.equals("inherit") || name.equals("none")) {
      throw new IllegalArgumentException(
          "pool '" + name + "': to Lustre that is no pool but a command; name one, or none at all");
    }
    return new LovLayout(stripeCount, stripeBytes, name, pattern, components);
  }

  /** What setxattr takes: a direct buffer, from 0 to its limit. */
  ByteBuffer encode() {
    if (components != 1) {
      throw new IllegalArgumentException(
          "a layout of " + components + " components can be read, not written: use a plain one");
    }
    boolean plain = pool.isEmpty();
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(plain ? V1_BYTES : V3_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(0, plain ? MAGIC_V1 : MAGIC_V3);
    bytes.putInt(PATTERN_OFFSET, pattern);
    bytes.putInt(SIZE_OFFSET, (int) stripeBytes);
    bytes.putShort(COUNT_OFFSET, (short) stripeCount);
    bytes.putShort(FIRST_OST_OFFSET, ANY_OST);
    if (!plain) {
      bytes.put(POOL_OFFSET, pool.getBytes(StandardCharsets.US_ASCII));
    }
    return bytes;
  }

  /**
   * What getxattr gave.
   *
   * @param value the value from 0 to its limit
   * @return empty if it is of a kind that is not known here, or cut short
   */
  static Optional<LovLayout> decode(ByteBuffer value) {
    ByteBuffer bytes = value.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.limit() < V1_BYTES) {
      return Optional.empty();
    }
    return bytes.getInt(0) == MAGIC_COMPOSITE ? composite(bytes) : plain(bytes, 1);
  }

  private static Optional<LovLayout> composite(ByteBuffer bytes) {
    int entries = Short.toUnsignedInt(bytes.getShort(ENTRIES_OFFSET));
    if (entries == 0 || COMPOSITE_BYTES + entries * ENTRY_BYTES > bytes.limit()) {
      return Optional.empty();
    }
    int last = COMPOSITE_BYTES + (entries - 1) * ENTRY_BYTES;
    long from = Integer.toUnsignedLong(bytes.getInt(last + BLOB_OFFSET));
    long count = Integer.toUnsignedLong(bytes.getInt(last + BLOB_BYTES_OFFSET));
    if (count < V1_BYTES || from + count > bytes.limit()) {
      return Optional.empty();
    }
    return plain(bytes.slice((int) from, (int) count).order(ByteOrder.LITTLE_ENDIAN), entries);
  }

  private static Optional<LovLayout> plain(ByteBuffer bytes, int components) {
    int magic = bytes.getInt(0);
    boolean pooled = magic == MAGIC_V3 || magic == MAGIC_SPECIFIC;
    if (magic != MAGIC_V1 && (!pooled || bytes.limit() < V3_BYTES)) {
      return Optional.empty();
    }
    return Optional.of(
        new LovLayout(
            Short.toUnsignedInt(bytes.getShort(COUNT_OFFSET)),
            Integer.toUnsignedLong(bytes.getInt(SIZE_OFFSET)),
            pooled ? poolName(bytes) : "",
            bytes.getInt(PATTERN_OFFSET),
            components));
  }

  private static String poolName(ByteBuffer bytes) {
    byte[] name = new byte[POOL_BYTES];
    bytes.get(POOL_OFFSET, name);
    int length = 0;
    while (length < POOL_BYTES && name[length] != 0) {
      length++;
    }
    return new String(name, 0, length, StandardCharsets.ISO_8859_1);
  }

  /** Whether a directory with that default does what this one asks for. */
  boolean isSatisfiedBy(LovLayout actual) {
    return (stripeCount == DEFAULT || stripeCount == actual.stripeCount)
        && (stripeBytes == DEFAULT || stripeBytes == actual.stripeBytes)
        && pool.equals(actual.pool)
        && pattern == actual.pattern
        && components == actual.components;
  }

  /** The command that an administrator would use instead. */
  String command(String directory) {
    return "lfs setstripe -c "
        + (stripeCount == ALL ? -1 : stripeCount)
        + " -S "
        + stripeBytes
        + (pool.isEmpty() ? "" : " -p " + pool)
        + " "
        + directory;
  }

  /** As {@code 4 x 4 MiB in pool flash}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(
        switch (stripeCount) {
          case DEFAULT -> "default count";
          case ALL -> "all";
          default -> String.valueOf(stripeCount);
        });
    text.append(" x ").append(size());
    if (!pool.isEmpty()) {
      text.append(" in pool ").append(pool);
    }
    if (pattern != RAID0) {
      text.append(", pattern 0x").append(Integer.toHexString(pattern));
    }
    if (components > 1) {
      text.append(", the last of ").append(components).append(" components");
    }
    return text.toString();
  }

  private String size() {
    if (stripeBytes == DEFAULT) {
      return "default size";
    }
    boolean whole = stripeBytes % (1 << 20) == 0;
    return whole ? (stripeBytes >> 20) + " MiB" : (stripeBytes >> 10) + " KiB";
  }
}
