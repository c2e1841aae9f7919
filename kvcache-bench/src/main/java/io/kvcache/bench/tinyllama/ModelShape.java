package io.kvcache.bench.tinyllama;

import io.kvcache.ElementType;
import io.kvcache.GroupKind;
import io.kvcache.KvLayout;
import io.kvcache.LayoutPart;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The sizes of a TinyLlama.
 *
 * <p>{@link #plain()} and {@link #hybrid()} are sized so that a prefill of 2,064 tokens takes a
 * couple of seconds on two cores, as a large model's does on its accelerator, while a token's K/V
 * stays at a few KB.
 *
 * @param name what it is called in the fingerprint
 * @param layers how each layer looks back: over everything, a window, or through a state
 * @param dim width of the residual stream
 * @param heads query heads
 * @param kvHeads K/V heads; each serves {@code heads / kvHeads} query heads
 * @param headDim values per head
 * @param hidden width of the feed-forward layer
 * @param vocab number of token ids
 * @param window tokens that a sliding-window layer sees, the current one included
 */
public record ModelShape(
    String name,
    List<GroupKind> layers,
    int dim,
    int heads,
    int kvHeads,
    int headDim,
    int hidden,
    int vocab,
    int window) {

  public ModelShape {
    layers = List.copyOf(layers);
    if (heads % kvHeads != 0) {
      throw new IllegalArgumentException(heads + " heads over " + kvHeads + " K/V heads");
    }
    // The kernels take four rows at a time.
    if (dim % 4 != 0 || headDim % 4 != 0 || hidden % 4 != 0) {
      throw new IllegalArgumentException(
          "dim " + dim + ", headDim " + headDim + ", hidden " + hidden + ": multiples of 4");
    }
  }

  /** Five layers of full attention; 2,560 bytes of K/V per token. */
  public static ModelShape plain() {
    GroupKind f = GroupKind.FULL;
    return standard("tinyllama-plain", List.of(f, f, f, f, f));
  }

  /** The same with a sliding-window layer of 320 tokens and a linear-attention layer. */
  public static ModelShape hybrid() {
    GroupKind f = GroupKind.FULL;
    return standard("tinyllama-hybrid", List.of(f, GroupKind.WINDOW, f, GroupKind.STATE, f));
  }

  /**
   * The shape that a user asked for.
   *
   * @param name {@code plain} or {@code hybrid}
   */
  public static ModelShape named(String name) {
    return switch (name) {
      case "plain" -> plain();
      case "hybrid" -> hybrid();
      default ->
          throw new IllegalArgumentException("model \"" + name + "\": it is plain or hybrid");
    };
  }

  private static ModelShape standard(String name, List<GroupKind> layers) {
    return new ModelShape(name, layers, 256, 8, 2, 32, 768, 1024, 320);
  }

  /** Floats of a token's K row (and of its V row) in one layer, over all ranks. */
  public int kvDim() {
    return kvHeads * headDim;
  }

  /** Floats of a linear-attention layer's state, over all ranks: a square matrix per K/V head. */
  public int stateSize() {
    return kvHeads * headDim * headDim;
  }

  /**
   * What each of {@code world} ranks keeps: its share of the K/V heads.
   *
   * @param world number of ranks; must divide the K/V heads
   */
  public KvLayout layout(int world) {
    if (world < 1 || kvHeads % world != 0) {
      throw new IllegalArgumentException(
          "world " + world + ": " + kvHeads + " K/V heads cannot be shared out evenly");
    }
    LayoutPart k = new LayoutPart("k", kvDim() / world * Float.BYTES);
    LayoutPart v = new LayoutPart("v", kvDim() / world * Float.BYTES);
    KvLayout.Builder layout = KvLayout.builder().elementType(ElementType.F32);
    layout.full(layersOf(GroupKind.FULL), k, v);
    if (layers.contains(GroupKind.WINDOW)) {
      layout.window(window, layersOf(GroupKind.WINDOW), k, v);
    }
    if (layers.contains(GroupKind.STATE)) {
      int bytes = stateSize() / world * Float.BYTES;
      layout.state(layersOf(GroupKind.STATE), new LayoutPart("s", bytes));
    }
    return layout.build();
  }

  private int[] layersOf(GroupKind kind) {
    return IntStream.range(0, layers.size()).filter(i -> layers.get(i) == kind).toArray();
  }
}
