package io.kvcache.bench.sim;

/** Capacities in bytes, counted in chunks. */
final class Capacity {
  private Capacity() {}

  static int chunks(String field, double bytes, double chunkBytes) {
    double chunks = Math.floor(bytes / chunkBytes);
    if (chunks < 1) {
      throw new IllegalArgumentException(
          String.format("%s is %.0f: a chunk has %.0f bytes", field, bytes, chunkBytes));
    }
    return (int) Math.min(chunks, Integer.MAX_VALUE);
  }
}
