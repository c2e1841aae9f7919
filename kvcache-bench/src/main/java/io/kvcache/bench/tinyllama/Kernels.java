package io.kvcache.bench.tinyllama;

import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * The arithmetic of a decoder, in a fixed order for each output: a token's result is the same to
 * the last bit whatever else is in the batch and however many threads work. Java's floats make this
 * possible: they are never fused, widened or reordered by the compiler. Loops run along outputs, so
 * that they vectorise without reordering a sum.
 */
final class Kernels {
  /** Tokens that share one pass over a matrix: their outputs and four of its rows fit in L1. */
  private static final int TOKEN_TILE = 8;

  private static final float LOG2_E = 1.44269504f;
  private static final float LN2_HIGH = 0.693359375f; // 10 bits: n * LN2_HIGH is exact
  private static final float ROUNDER = 0x1.8p23f; // adding it leaves no bits for a fraction
  private static final float LN2_LOW = -2.12194440e-4f;

  private Kernels() {}

  /** Runs independent units of work on all cores. */
  static void parallel(int units, IntConsumer unit) {
    IntStream.range(0, units).parallel().forEach(unit);
  }

  /**
   * {@code out[t] = x[t] * matrix} for the first {@code count} tokens.
   *
   * @param matrix a row per input, a multiple of 4; row i holds what input i adds to each output
   */
  static void multiply(float[][] x, int count, float[][] matrix, float[][] out) {
    int outputs = matrix[0].length;
    parallel(
        (count + TOKEN_TILE - 1) / TOKEN_TILE,
        tile -> {
          int first = tile * TOKEN_TILE;
          int end = Math.min(count, first + TOKEN_TILE);
          for (int t = first; t < end; t++) {
            Arrays.fill(out[t], 0, outputs, 0f);
          }
          for (int i = 0; i < matrix.length; i += 4) {
            for (int t = first; t < end; t++) {
              add4(out[t], 0, outputs, x[t], i, 1, matrix, i);
            }
          }
        });
  }

  /**
   * Adds four scaled rows: {@code out[j] += f0 * rows[r][j] + f1 * rows[r + 1][j] + ...} for j from
   * {@code low} to {@code high}, summed from the left. All arrays share the index j: with offsets
   * of their own the JIT must assume that they overlap, and does not vectorise.
   *
   * @param factors holds the four factors from index {@code f} on, {@code stride} apart
   */
  static void add4(
      float[] out, int low, int high, float[] factors, int f, int stride, float[][] rows, int r) {
    float f0 = factors[f];
    float f1 = factors[f + stride];
    float f2 = factors[f + 2 * stride];
    float f3 = factors[f + 3 * stride];
    float[] r0 = rows[r];
    float[] r1 = rows[r + 1];
    float[] r2 = rows[r + 2];
    float[] r3 = rows[r + 3];
    for (int j = low; j < high; j++) {
      out[j] = out[j] + f0 * r0[j] + f1 * r1[j] + f2 * r2[j] + f3 * r3[j];
    }
  }

  /** Adds one scaled row: a fourth of {@link #add4}. */
  static void add1(float[] out, int low, int high, float factor, float[] row) {
    for (int j = low; j < high; j++) {
      out[j] = out[j] + factor * row[j];
    }
  }

  /** {@code out[i] = x[i] / rms * weight[i]}; may work in place. */
  static void rmsNorm(float[] x, float[] weight, float[] out) {
    float squares = 0f;
    for (int i = 0; i < weight.length; i++) {
      squares += x[i] * x[i];
    }
    float scale = 1f / (float) Math.sqrt(squares / weight.length + 1e-5f);
    for (int i = 0; i < weight.length; i++) {
      out[i] = x[i] * scale * weight[i];
    }
  }

  /**
   * e to the x within two units in the last place, from plain float arithmetic: unlike {@link
   * Math#exp} the same on every machine, and several times faster than {@link StrictMath#exp}.
   */
  static float exp(float x) {
    if (x < -87f) {
      return 0f;
    }
    if (x > 88f) {
      return Float.POSITIVE_INFINITY;
    }
    float shifted = x * LOG2_E + ROUNDER;
    float n = shifted - ROUNDER;
    float r = x - n * LN2_HIGH - n * LN2_LOW;
    float p = 1f / 720f;
    p = p * r + 1f / 120f;
    p = p * r + 1f / 24f;
    p = p * r + 1f / 6f;
    p = p * r + 0.5f;
    p = p * r + 1f;
    p = p * r + 1f;
    // The low bits of shifted are n; moved into the exponent of 1 they make it 2 to the n.
    int power = (Float.floatToRawIntBits(shifted) << 23) + Float.floatToRawIntBits(1f);
    return p * Float.intBitsToFloat(power);
  }
}
