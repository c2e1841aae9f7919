package io.kvcache.bench.tinyllama;

import io.kvcache.GroupKind;
import io.kvcache.ModelFingerprint;

/**
 * A small decoder with random weights: token embedding, RMSNorm, RoPE, grouped-query attention,
 * SwiGLU, logits, all in float32. It says nothing sensible, but its prefill does the work of a real
 * one, and it is deterministic to the last bit: a token's logits do not depend on whether the
 * tokens before it were computed in this call, in another, or restored.
 *
 * <p>Thread-safe; what belongs to one sequence is in its {@link KvMemory}.
 */
public final class TinyLlama {
  /** Tokens computed together, layer after layer; bounds the scratch memory. */
  private static final int BATCH = 256;

  // Token ids are drawn at random, so all there is to say about a tokenizer is that there is none.
  private static final String NO_TOKENIZER = "0".repeat(64);

  private final ModelShape shape;
  private final Weights weights;

  /** A model of this shape with the weights that {@code seed} draws. */
  public TinyLlama(ModelShape shape, long seed) {
    this.shape = shape;
    this.weights = new Weights(shape, seed);
  }

  /** The sizes. */
  public ModelShape shape() {
    return shape;
  }

  /** Name and digest of the weights. */
  public ModelFingerprint fingerprint() {
    return ModelFingerprint.of(shape.name(), weights.sha256(), NO_TOKENIZER);
  }

  /**
   * Computes the tokens that the memory does not hold yet.
   *
   * @param memory holds the first {@code memory.tokens()} tokens
   * @param tokens ids from the front of the sequence
   * @param to how many of them are to be held afterwards
   * @param stateCuts token counts after which to save the states, ascending
   * @return logits of the last one
   */
  public float[] forward(KvMemory memory, int[] tokens, int to, int... stateCuts) {
    int from = memory.tokens();
    if (from >= to || to > tokens.length || to > memory.capacity()) {
      throw new IllegalArgumentException(
          "tokens "
              + from
              + " to "
              + to
              + " of "
              + tokens.length
              + ", room for "
              + memory.capacity());
    }
    float[] last = null;
    for (int at = from; at < to; at += BATCH) {
      last = new Batch(memory, at, Math.min(BATCH, to - at), stateCuts).run(tokens);
    }
    float[] logits = new float[shape.vocab()];
    Kernels.rmsNorm(last, weights.finalNorm, last);
    Kernels.multiply(new float[][] {last}, 1, weights.output, new float[][] {logits});
    return logits;
  }

  /**
   * Continues greedily: computes the prompt, then fills the rest of {@code tokens} one by one. The
   * last one is not forwarded.
   *
   * @param memory as for {@link #forward}
   * @param tokens the prompt, and room behind it
   * @param prompt tokens of the prompt
   * @param stateCuts as for {@link #forward}
   */
  public void generate(KvMemory memory, int[] tokens, int prompt, int... stateCuts) {
    for (int end = prompt; end < tokens.length; end++) {
      float[] logits = forward(memory, tokens, end, stateCuts);
      int best = 0;
      for (int id = 1; id < logits.length; id++) {
        best = logits[id] > logits[best] ? id : best;
      }
      tokens[end] = best;
    }
  }

  /** Up to {@link #BATCH} tokens on their way through the layers; all arrays are rows by token. */
  private final class Batch {
    final KvMemory memory;
    final int first;
    final int count;
    final int[] cuts;
    final Rope rope;
    final float[][] x;
    final float[][] normed;
    final float[][] added;
    final float[][] queries;
    final float[][] keys;
    final float[][] values;
    final float[][] attended;
    final float[][] gate;
    final float[][] up;

    Batch(KvMemory memory, int first, int count, int[] cuts) {
      this.memory = memory;
      this.first = first;
      this.count = count;
      this.cuts = cuts;
      int wide = shape.heads() * shape.headDim();
      rope = new Rope(shape.headDim(), first, count);
      x = new float[count][shape.dim()];
      normed = new float[count][shape.dim()];
      added = new float[count][shape.dim()];
      queries = new float[count][wide];
      keys = new float[count][shape.kvDim()];
      values = new float[count][shape.kvDim()];
      attended = new float[count][wide];
      gate = new float[count][shape.hidden()];
      up = new float[count][shape.hidden()];
    }

    /** Returns the last token's row of the residual stream. */
    float[] run(int[] tokens) {
      for (int t = 0; t < count; t++) {
        System.arraycopy(weights.embedding[tokens[first + t]], 0, x[t], 0, shape.dim());
      }
      for (int l = 0; l < shape.layers().size(); l++) {
        attend(shape.layers().get(l), memory.layer(l), weights.layers.get(l));
        feedForward(weights.layers.get(l));
      }
      memory.computedTo(first + count);
      return x[count - 1];
    }

    private void attend(GroupKind kind, KvMemory.LayerMemory held, Weights.Layer layer) {
      norm(layer.attentionNorm());
      Kernels.multiply(normed, count, layer.query(), queries);
      Kernels.multiply(normed, count, layer.key(), keys);
      Kernels.multiply(normed, count, layer.value(), values);
      for (int t = 0; t < count; t++) {
        rope.turn(queries[t], first + t);
        rope.turn(keys[t], first + t);
      }
      if (kind == GroupKind.STATE) {
        new LinearAttention(shape, held, first, count, cuts).run(queries, keys, values, attended);
      } else {
        int width = shape.kvDim();
        for (int t = 0; t < count; t++) {
          System.arraycopy(keys[t], 0, held.k, (first + t) * width, width);
          System.arraycopy(values[t], 0, held.v, (first + t) * width, width);
        }
        int window = kind == GroupKind.WINDOW ? shape.window() : Integer.MAX_VALUE;
        new SoftmaxAttention(shape, held, window, first, count).run(queries, attended);
      }
      Kernels.multiply(attended, count, layer.attentionOut(), added);
      addToStream();
    }

    private void feedForward(Weights.Layer layer) {
      norm(layer.feedNorm());
      Kernels.multiply(normed, count, layer.gate(), gate);
      Kernels.multiply(normed, count, layer.up(), up);
      Kernels.parallel(
          count,
          t -> {
            for (int i = 0; i < shape.hidden(); i++) {
              gate[t][i] = gate[t][i] / (1f + Kernels.exp(-gate[t][i])) * up[t][i];
            }
          });
      Kernels.multiply(gate, count, layer.down(), added);
      addToStream();
    }

    private void norm(float[] weight) {
      for (int t = 0; t < count; t++) {
        Kernels.rmsNorm(x[t], weight, normed[t]);
      }
    }

    private void addToStream() {
      for (int t = 0; t < count; t++) {
        Kernels.add1(x[t], 0, shape.dim(), 1f, added[t]);
      }
    }
  }
}
