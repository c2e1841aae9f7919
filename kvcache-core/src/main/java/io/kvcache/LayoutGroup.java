package io.kvcache;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Layers whose rows share one fate: they are stored, needed and evicted together, in one image per
 * chunk. Immutable.
 */
public final class LayoutGroup {
  /** Layer numbers are 16 bits wide in an image. */
  static final int MAX_LAYER = 0xffff;

  private final GroupKind kind;
  private final int window;
  private final int[] layers;
  private final List<LayoutPart> parts;
  private final long rowBytes;

  LayoutGroup(GroupKind kind, int window, int[] layers, List<LayoutPart> parts) {
    if (kind == GroupKind.WINDOW && window < 1) {
      throw new IllegalArgumentException(
          "window of " + window + " tokens: it counts the current token, so at least 1");
    }
    if (layers.length == 0) {
      throw new IllegalArgumentException("a " + kind.label() + " group without layers");
    }
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("a " + kind.label() + " group without parts");
    }
    this.kind = kind;
    this.window = window;
    this.layers = layers.clone();
    Arrays.sort(this.layers);
    if (this.layers[0] < 0 || this.layers[layers.length - 1] > MAX_LAYER) {
      throw new IllegalArgumentException(
          "layers " + Arrays.toString(layers) + ": layer numbers are 0 to " + MAX_LAYER);
    }
    this.parts = List.copyOf(parts);
    this.rowBytes = parts.stream().mapToLong(LayoutPart::bytes).sum();
  }

  /** What is needed of this group. */
  public GroupKind kind() {
    return kind;
  }

  /** Tokens that a sliding window covers, the current one included; 0 for the other kinds. */
  public int window() {
    return window;
  }

  /** How many layers the group has. */
  public int layerCount() {
    return layers.length;
  }

  /** The model's number of the group's i-th layer; ascending in i. */
  public int layer(int i) {
    return layers[i];
  }

  /** The model's layer numbers, ascending. */
  public IntStream layers() {
    return Arrays.stream(layers);
  }

  /** Where the layer stands in this group, or a negative number if it is not in it. */
  public int indexOf(int layer) {
    return Arrays.binarySearch(layers, layer);
  }

  /** The arrays of each layer, in declaration order; a part's number is its index here. */
  public List<LayoutPart> parts() {
    return parts;
  }

  /** Bytes that one layer of one chunk takes: its parts one after the other. */
  public long layerBytes(int chunkTokens) {
    return rowBytes * rows(chunkTokens);
  }

  /** Rows of each part in a chunk: one per token, or one state. */
  public int rows(int chunkTokens) {
    return kind == GroupKind.STATE ? 1 : chunkTokens;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LayoutGroup that
        && kind == that.kind
        && window == that.window
        && Arrays.equals(layers, that.layers)
        && parts.equals(that.parts);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * kind.hashCode() + window) + 7 * Arrays.hashCode(layers) + parts.hashCode();
  }

  @Override
  public String toString() {
    return kind.label() + (window > 0 ? "(" + window + ")" : "") + Arrays.toString(layers) + parts;
  }
}
