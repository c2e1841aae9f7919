package io.kvcache.bench.tinyllama;

/** Rotary position embedding: the angles of a run of positions. */
final class Rope {
  private final int from;
  private final int half;
  private final float[] cos;
  private final float[] sin;

  Rope(int headDim, int from, int count) {
    this.from = from;
    this.half = headDim / 2;
    this.cos = new float[count * half];
    this.sin = new float[count * half];
    for (int t = 0; t < count; t++) {
      for (int i = 0; i < half; i++) {
        // StrictMath: the same angle on every machine that shares a directory.
        double angle = (from + t) * StrictMath.pow(10_000.0, -2.0 * i / headDim);
        cos[t * half + i] = (float) StrictMath.cos(angle);
        sin[t * half + i] = (float) StrictMath.sin(angle);
      }
    }
  }

  /** Turns every head of a row to a position. */
  void turn(float[] row, int position) {
    int angles = (position - from) * half;
    for (int low = 0; low < row.length; low += 2 * half) {
      for (int i = 0; i < half; i++) {
        float c = cos[angles + i];
        float s = sin[angles + i];
        float a = row[low + i];
        float b = row[low + half + i];
        row[low + i] = a * c - b * s;
        row[low + half + i] = a * s + b * c;
      }
    }
  }
}
