package io.kvcache.bench.tinyllama;

import io.kvcache.GroupKind;
import java.util.BitSet;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What the engine keeps of one sequence: K and V rows by token in attention layers, a state in
 * linear-attention layers.
 *
 * <p>A state forgets: it is overwritten by every token. So the engine saves a copy at the token
 * counts where {@link io.kvcache.KvCache#stateCuts} wants one.
 */
public final class KvMemory {
  private final ModelShape shape;
  private final int capacity;
  private final LayerMemory[] layers;
  private int tokens;

  /** What one layer keeps. */
  static final class LayerMemory {
    /** K and V rows, token after token; empty for a linear-attention layer. */
    final float[] k;

    final float[] v;

    /** Which tokens' rows are there. After a restore a sliding window lacks all but the last. */
    final BitSet held = new BitSet();

    /** The state after {@link KvMemory#tokens()} tokens; empty for an attention layer. */
    final float[] state;

    /** States by the token count that they follow. */
    final NavigableMap<Integer, float[]> saved = new TreeMap<>();

    private LayerMemory(int rows, int state) {
      this.k = new float[rows];
      this.v = new float[rows];
      this.state = new float[state];
    }
  }

  /** Room for a sequence of {@code capacity} tokens. */
  public KvMemory(ModelShape shape, int capacity) {
    this.shape = shape;
    this.capacity = capacity;
    this.layers =
        shape.layers().stream()
            .map(
                kind ->
                    kind == GroupKind.STATE
                        ? new LayerMemory(0, shape.stateSize())
                        : new LayerMemory(Math.multiplyExact(capacity, shape.kvDim()), 0))
            .toArray(LayerMemory[]::new);
  }

  /** Tokens computed or restored. */
  public int tokens() {
    return tokens;
  }

  ModelShape shape() {
    return shape;
  }

  int capacity() {
    return capacity;
  }

  LayerMemory layer(int layer) {
    return layers[layer];
  }

  /**
   * Goes on from the first {@code count} tokens and forgets what is beyond them, for instance rows
   * of a chunk that a restore delivered before its cut fell.
   */
  public void resumeAt(int count) {
    for (LayerMemory layer : layers) {
      layer.held.clear(count, capacity);
      layer.saved.tailMap(count, false).clear();
      if (layer.state.length > 0) {
        float[] state = count == 0 ? new float[layer.state.length] : layer.saved.get(count);
        if (state == null) {
          throw new IllegalStateException("no state saved after " + count + " tokens");
        }
        System.arraycopy(state, 0, layer.state, 0, state.length);
      }
    }
    tokens = count;
  }

  /** Notes that the rows of tokens up to {@code count} have been computed. */
  void computedTo(int count) {
    for (LayerMemory layer : layers) {
      layer.held.set(tokens, count);
    }
    tokens = count;
  }
}
