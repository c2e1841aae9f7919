package io.kvcache.bench.replay;

import io.kvcache.ChunkKey;
import java.nio.ByteBuffer;

/**
 * Bytes that follow from a chunk's key alone: so a wrong byte, a byte of another chunk and a byte
 * in another place all show, without anybody keeping what was stored. Buffers are little-endian.
 */
public final class KeyedBytes {
  private static final long STEP = 0x9E3779B97F4A7C15L;

  private KeyedBytes() {}

  /** Fills a buffer from its position to its limit. */
  static void fill(ChunkKey key, ByteBuffer rows) {
    fill(key, 0, rows);
  }

  /**
   * Fills a buffer from its position to its limit.
   *
   * @param place tells the rows of a chunk apart: each layer's part has its own
   */
  public static void fill(ChunkKey key, long place, ByteBuffer rows) {
    long state = seed(key) + mix(place);
    while (rows.remaining() >= Long.BYTES) {
      rows.putLong(mix(state));
      state += STEP;
    }
    for (long word = mix(state); rows.hasRemaining(); word >>>= Byte.SIZE) {
      rows.put((byte) word);
    }
  }

  /** How many bytes from a buffer's position to its limit are not those of {@link #fill}. */
  static long wrong(ChunkKey key, ByteBuffer rows) {
    return wrong(key, 0, rows);
  }

  /** The same for {@link #fill(ChunkKey, long, ByteBuffer)}. */
  public static long wrong(ChunkKey key, long place, ByteBuffer rows) {
    long state = seed(key) + mix(place);
    long wrong = 0;
    while (rows.remaining() >= Long.BYTES) {
      long difference = rows.getLong() ^ mix(state);
      for (; difference != 0; difference >>>= Byte.SIZE) {
        wrong += (difference & 0xFF) == 0 ? 0 : 1;
      }
      state += STEP;
    }
    for (long word = mix(state); rows.hasRemaining(); word >>>= Byte.SIZE) {
      wrong += rows.get() == (byte) word ? 0 : 1;
    }
    return wrong;
  }

  private static long seed(ChunkKey key) {
    ByteBuffer bytes = ByteBuffer.wrap(key.toBytes());
    long seed = 0;
    while (bytes.hasRemaining()) {
      seed = mix(seed + bytes.getLong());
    }
    return seed;
  }

  // The finisher of SplittableRandom.
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
