package io.kvcache.prefix;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Writes the part of deterministic CBOR (RFC 8949, section 4.2) that block hashes consist of:
 * integers, byte and text strings, arrays, null; every head as short as it can be, big-endian.
 * Grows as needed and is meant to be reused. Not thread-safe.
 */
public final class CborWriter {
  private static final int UNSIGNED = 0;
  private static final int NEGATIVE = 1 << 5;
  private static final int BYTES = 2 << 5;
  private static final int TEXT = 3 << 5;
  private static final int ARRAY = 4 << 5;
  private static final int NULL = 0xf6;

  /** Head of a value that follows in 1 byte; 2, 4 and 8 bytes are the next three numbers. */
  private static final int ONE_BYTE_FOLLOWS = 24;

  private static final int LONGEST_HEAD = 9;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private byte[] bytes;
  private int length;

  /** An empty writer with room for {@code capacity} bytes before it grows. */
  public CborWriter(int capacity) {
    bytes = new byte[capacity];
  }

  /** The encoding of one value, as {@link #value} writes it. */
  public static byte[] encode(Object value) {
    return new CborWriter(64).value(value).toBytes();
  }

  /** Bytes written. */
  public int length() {
    return length;
  }

  /** A copy of what was written. */
  public byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }

  /** What was written, from index 0 on; the array is replaced when the writer grows. */
  byte[] array() {
    return bytes;
  }

  /** Forgets all but the first {@code newLength} bytes, so that a fixed beginning is kept. */
  void truncate(int newLength) {
    length = newLength;
  }

  /**
   * Writes an extra key: {@code String}, {@code Integer}, {@code Long}, {@code byte[]} or a {@code
   * List} of these.
   *
   * @throws IllegalArgumentException for anything else, null included, and for text that is no
   *     valid Unicode
   */
  public CborWriter value(Object value) {
    if (value instanceof String text) {
      return text(text);
    } else if (value instanceof Integer || value instanceof Long) {
      return integer(((Number) value).longValue());
    } else if (value instanceof byte[] string) {
      return head(BYTES, string.length).raw(string);
    } else if (value instanceof List<?> list) {
      array(list.size());
      list.forEach(this::value);
      return this;
    }
    throw new IllegalArgumentException(
        "extra key "
            + value
            + (value == null ? "" : " of " + value.getClass().getName())
            + ": extra keys are String, Integer, Long, byte[] or a List of these");
  }

  /** Writes the head of an array of {@code items} values, which must follow. */
  public CborWriter array(int items) {
    return head(ARRAY, items);
  }

  /** Writes null. */
  public CborWriter nul() {
    reserve(1);
    bytes[length++] = (byte) NULL;
    return this;
  }

  private CborWriter text(String text) {
    try {
      // An encoder of our own, because getBytes turns every lone surrogate into the same '?': two
      // tenants' salts would become one.
      ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] encoded = new byte[utf8.remaining()];
      utf8.get(encoded);
      return head(TEXT, encoded.length).raw(encoded);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "text \"" + text + "\" is no valid Unicode: it has a surrogate without its pair", e);
    }
  }

  private CborWriter integer(long value) {
    return value < 0 ? head(NEGATIVE, -1 - value) : head(UNSIGNED, value);
  }

  private CborWriter raw(byte[] more) {
    reserve(more.length);
    System.arraycopy(more, 0, bytes, length, more.length);
    length += more.length;
    return this;
  }

  private CborWriter head(int major, long value) {
    reserve(LONGEST_HEAD);
    if (value < ONE_BYTE_FOLLOWS) {
      bytes[length++] = (byte) (major | (int) value);
      return this;
    }
    int log = value <= 0xff ? 0 : value <= 0xffff ? 1 : value <= 0xffff_ffffL ? 2 : 3;
    bytes[length++] = (byte) (major | ONE_BYTE_FOLLOWS + log);
    for (int shift = (8 << log) - 8; shift >= 0; shift -= 8) {
      bytes[length++] = (byte) (value >>> shift);
    }
    return this;
  }

  /**
   * Writes token ids one after the other, without an array head.
   *
   * <p>This loop decides what a key costs beyond the digest itself. Ids of real vocabularies fall
   * on both sides of 65,536 at random, so a branch on that would be mispredicted every other time:
   * head and value are shifted into one long instead, eight bytes are always written, and only the
   * advance differs (3 or 5). Ids below 256 are rare or come in runs; they may branch.
   *
   * @throws IllegalArgumentException for a negative id, with its index
   */
  void ids(int[] ids, int from, int count) {
    reserve(Math.addExact(Math.multiplyExact(5, count), Long.BYTES));
    byte[] to = bytes;
    int at = length;
    for (int i = from; i < from + count; i++) {
      int id = ids[i];
      if (id > 0xff) {
        int wide = (0xffff - id) >>> 31;
        LONG.set(to, at, (0x19L + wide) << 56 | (long) id << (40 - (wide << 4)));
        at += 3 + (wide << 1);
      } else if (id >= ONE_BYTE_FOLLOWS) {
        to[at++] = ONE_BYTE_FOLLOWS;
        to[at++] = (byte) id;
      } else {
        requireId(ids, i);
        to[at++] = (byte) id;
      }
    }
    length = at;
  }

  /** Refuses a negative token id, which the chain has no encoding for. */
  static void requireId(int[] ids, int index) {
    if (ids[index] < 0) {
      throw new IllegalArgumentException(
          "token " + index + " is " + ids[index] + ": ids are 0 to 2147483647, as forwarded");
    }
  }

  private void reserve(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(length, more), 2 * length));
    }
  }
}
