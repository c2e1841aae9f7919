package io.kvcache.bench.tinyllama;

import java.util.Arrays;

/**
 * Grouped-query attention over all earlier tokens, or over a window of them.
 *
 * <p>A unit of work is a few tokens' queries of one K/V head, side by side as columns, against one
 * earlier token after the other as rows. Each query's sums run over the positions it sees in
 * ascending order; rows that no query sees are never touched, since after a restore a window's
 * older rows hold nothing.
 */
final class SoftmaxAttention {
  /** Tokens whose queries go through the K/V rows together. */
  private static final int TOKEN_TILE = 32;

  private final ModelShape shape;
  private final KvMemory.LayerMemory memory;
  private final int window;
  private final int first;
  private final int count;

  /**
   * @param window how many tokens a query sees, itself included
   * @param first position of the first query
   * @param count number of tokens with queries
   */
  SoftmaxAttention(
      ModelShape shape, KvMemory.LayerMemory memory, int window, int first, int count) {
    this.shape = shape;
    this.memory = memory;
    this.window = window;
    this.first = first;
    this.count = count;
  }

  /** Attends with the query rows and leaves the results in rows of the same form. */
  void run(float[][] queries, float[][] out) {
    int tiles = (count + TOKEN_TILE - 1) / TOKEN_TILE;
    Kernels.parallel(
        tiles * shape.kvHeads(),
        unit -> {
          int start = unit / shape.kvHeads() * TOKEN_TILE;
          int tokens = Math.min(TOKEN_TILE, count - start);
          new Unit(start, tokens, unit % shape.kvHeads()).run(queries, out);
        });
  }

  private final class Unit {
    final int start;
    final int head;
    final int group = shape.heads() / shape.kvHeads();
    final int dim = shape.headDim();
    final int columns;
    final int begin;
    final int end;
    final float[][] scores;

    Unit(int start, int tokens, int head) {
      this.start = start;
      this.head = head;
      this.columns = tokens * group;
      this.begin = Math.max(0, first + start - window + 1);
      this.end = first + start + tokens;
      this.scores = new float[end - begin][columns];
    }

    /** First column whose token sees {@code position}. */
    int low(int position) {
      return Math.max(0, position - first - start) * group;
    }

    /** End of the columns whose tokens see {@code position}. */
    int high(int position) {
      long last = (long) position + window - first - start;
      return (int) Math.min(columns, last * group);
    }

    void run(float[][] queries, float[][] out) {
      float[][] turned = columnsOf(queries);
      for (int p = begin; p < end; p++) {
        int key = p * shape.kvDim() + head * dim;
        for (int d = 0; d < dim; d += 4) {
          Kernels.add4(scores[p - begin], low(p), high(p), memory.k, key + d, 1, turned, d);
        }
      }
      float[] sums = softmax();
      float[][] values = weighValues();
      for (int c = 0; c < columns; c++) {
        for (int d = 0; d < dim; d++) {
          out[start + c / group][of(c) + d] = values[d][c] / sums[c];
        }
      }
    }

    /** Where in its token's row the query of a column starts. */
    int of(int column) {
      return (head * group + column % group) * dim;
    }

    float[][] columnsOf(float[][] queries) {
      float scale = 1f / (float) Math.sqrt(dim);
      float[][] turned = new float[dim][columns];
      for (int c = 0; c < columns; c++) {
        for (int d = 0; d < dim; d++) {
          turned[d][c] = queries[start + c / group][of(c) + d] * scale;
        }
      }
      return turned;
    }

    /** Turns scores into weights that are still to be divided by the returned sums. */
    float[] softmax() {
      float[] most = new float[columns];
      Arrays.fill(most, Float.NEGATIVE_INFINITY);
      for (int p = begin; p < end; p++) {
        float[] row = scores[p - begin];
        int high = high(p);
        for (int c = low(p); c < high; c++) {
          most[c] = Math.max(most[c], row[c]);
        }
      }
      float[] sums = new float[columns];
      for (int p = begin; p < end; p++) {
        float[] row = scores[p - begin];
        int high = high(p);
        for (int c = low(p); c < high; c++) {
          row[c] = Kernels.exp(row[c] - most[c]);
          sums[c] += row[c];
        }
      }
      return sums;
    }

    float[][] weighValues() {
      float[][] values = new float[dim][columns];
      int width = shape.kvDim();
      int p = begin;
      while (p < end) {
        // Four positions at once where all queries see all four; the order of a sum is the same.
        boolean four = p + 4 <= end && low(p + 3) == 0 && high(p) == columns;
        for (int d = 0; d < dim; d++) {
          int value = p * width + head * dim + d;
          if (four) {
            Kernels.add4(values[d], 0, columns, memory.v, value, width, scores, p - begin);
          } else {
            Kernels.add1(values[d], low(p), high(p), memory.v[value], scores[p - begin]);
          }
        }
        p += four ? 4 : 1;
      }
      return values;
    }
  }
}
