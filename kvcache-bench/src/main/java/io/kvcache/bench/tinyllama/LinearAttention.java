package io.kvcache.bench.tinyllama;

import java.util.Arrays;

/**
 * Linear attention with decay (retention): each K/V head keeps a matrix S, for each token {@code S
 * = decay * S + k v^T}, and a query reads {@code q S}, normalised. The past is only in S.
 */
final class LinearAttention {
  private final ModelShape shape;
  private final KvMemory.LayerMemory memory;
  private final int first;
  private final int count;
  private final int[] cuts;

  /**
   * @param first position of the first token
   * @param count number of tokens
   * @param cuts token counts after which the state is saved, ascending
   */
  LinearAttention(ModelShape shape, KvMemory.LayerMemory memory, int first, int count, int[] cuts) {
    this.shape = shape;
    this.memory = memory;
    this.first = first;
    this.count = count;
    this.cuts = Arrays.stream(cuts).filter(c -> c > first && c <= first + count).toArray();
    // Made here, since a TreeMap must not grow under the threads of run.
    for (int cut : this.cuts) {
      memory.saved.put(cut, new float[memory.state.length]);
    }
  }

  /** Runs the tokens one after the other, heads side by side. */
  void run(float[][] queries, float[][] keys, float[][] values, float[][] out) {
    Kernels.parallel(shape.kvHeads(), head -> runHead(head, queries, keys, values, out));
  }

  private void runHead(
      int head, float[][] queries, float[][] keys, float[][] values, float[][] out) {
    int dim = shape.headDim();
    int group = shape.heads() / shape.kvHeads();
    int matrix = head * dim * dim;
    float decay = 1f - (float) Math.scalb(1.0, -5 - head);
    float scale = 1f / (float) Math.sqrt(dim);
    float[] read = new float[dim];
    float[] ones = new float[dim];
    Arrays.fill(ones, 1f);
    for (int t = 0; t < count; t++) {
      for (int i = 0; i < dim; i++) {
        float key = keys[t][head * dim + i] * scale;
        for (int j = 0; j < dim; j++) {
          int cell = matrix + i * dim + j;
          memory.state[cell] = decay * memory.state[cell] + key * values[t][head * dim + j];
        }
      }
      for (int q = head * group; q < (head + 1) * group; q++) {
        Arrays.fill(read, 0f);
        for (int i = 0; i < dim; i++) {
          for (int j = 0; j < dim; j++) {
            read[j] += queries[t][q * dim + i] * memory.state[matrix + i * dim + j];
          }
        }
        Kernels.rmsNorm(read, ones, read);
        System.arraycopy(read, 0, out[t], q * dim, dim);
      }
      if (Arrays.binarySearch(cuts, first + t + 1) >= 0) {
        float[] saved = memory.saved.get(first + t + 1);
        System.arraycopy(memory.state, matrix, saved, matrix, dim * dim);
      }
    }
  }
}
