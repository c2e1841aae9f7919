package io.kvcache;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * The 256-bit key of a chunk: the hash of its last block, which through the chain stands for every
 * token before it and for the scope. Immutable; equal by value.
 */
public final class ChunkKey {
  /** Bytes of a key. */
  public static final int BYTES = 32;

  private final long a;
  private final long b;
  private final long c;
  private final long d;

  private ChunkKey(long a, long b, long c, long d) {
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
  }

  /** The 32 bytes from {@code offset} on. */
  public static ChunkKey of(byte[] bytes, int offset) {
    ByteBuffer view = ByteBuffer.wrap(bytes, offset, BYTES).order(ByteOrder.BIG_ENDIAN);
    return new ChunkKey(view.getLong(), view.getLong(), view.getLong(), view.getLong());
  }

  /** The key that 64 hex digits spell. */
  public static ChunkKey parse(String hex) {
    if (hex.length() != 2 * BYTES) {
      throw new IllegalArgumentException("key \"" + hex + "\": 64 hex digits");
    }
    return of(HexFormat.of().parseHex(hex), 0);
  }

  /** Writes the 32 bytes at the buffer's absolute position {@code offset}, in hash order. */
  public void writeTo(ByteBuffer target, int offset) {
    boolean swap = target.order() == ByteOrder.LITTLE_ENDIAN;
    target.putLong(offset, swap ? Long.reverseBytes(a) : a);
    target.putLong(offset + 8, swap ? Long.reverseBytes(b) : b);
    target.putLong(offset + 16, swap ? Long.reverseBytes(c) : c);
    target.putLong(offset + 24, swap ? Long.reverseBytes(d) : d);
  }

  /** Whether the 32 bytes at the buffer's absolute position {@code offset} are this key. */
  public boolean matches(ByteBuffer source, int offset) {
    boolean swap = source.order() == ByteOrder.LITTLE_ENDIAN;
    return a == word(source, offset, swap)
        && b == word(source, offset + 8, swap)
        && c == word(source, offset + 16, swap)
        && d == word(source, offset + 24, swap);
  }

  private static long word(ByteBuffer source, int offset, boolean swap) {
    long value = source.getLong(offset);
    return swap ? Long.reverseBytes(value) : value;
  }

  /** A fresh copy of the 32 bytes. */
  public byte[] toBytes() {
    byte[] bytes = new byte[BYTES];
    writeTo(ByteBuffer.wrap(bytes), 0);
    return bytes;
  }

  /** 64 lower-case hex digits. */
  public String hex() {
    return HexFormat.of().formatHex(toBytes());
  }

  /** The last 8 bytes, big-endian: the 64-bit id that KV events of vLLM carry. */
  public long id64() {
    return d;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ChunkKey that
        && d == that.d
        && c == that.c
        && b == that.b
        && a == that.a;
  }

  @Override
  public int hashCode() {
    return (int) (d ^ d >>> 32);
  }

  @Override
  public String toString() {
    return hex();
  }
}
