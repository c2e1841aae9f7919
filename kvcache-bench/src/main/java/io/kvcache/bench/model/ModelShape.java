package io.kvcache.bench.model;

import io.kvcache.ElementType;
import io.kvcache.KvLayout;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What of a model decides how long it computes and what it keeps. Immutable.
 *
 * @param name what it is called on the command line
 * @param title what it is called in print
 * @param standsFor name of a model whose numbers are not published and for which this one stands;
 *     null for none
 * @param source where the shape was published
 * @param layers number of layers
 * @param hidden values of a token between layers
 * @param attention kinds of layers by a name of the file's choice
 * @param pattern those names, repeated over the layers from the first on
 * @param parameters weights
 * @param kvType number format of keys and values
 * @param attentionPrecision in which they are multiplied; null for that of the weights
 */
public record ModelShape(
    String name,
    String title,
    String standsFor,
    String source,
    int layers,
    int hidden,
    Map<String, Attention> attention,
    List<String> pattern,
    Parameters parameters,
    ElementType kvType,
    AttentionPrecision attentionPrecision)
    implements Named {
  public ModelShape {
    Named.require("name", name);
    Named.require(name + ": title", title);
    Named.require(name + ": source", source);
    Named.require(name + ": attention", attention);
    Named.require(name + ": pattern", pattern);
    Named.require(name + ": parameters", parameters);
    Named.require(name + ": kvType", kvType);
    attention = Map.copyOf(attention);
    pattern = List.copyOf(pattern);
    if (layers < 1 || hidden < 1 || pattern.isEmpty()) {
      throw new IllegalArgumentException(
          name
              + ": layers "
              + layers
              + ", hidden "
              + hidden
              + ", pattern "
              + pattern
              + ": 1 or more of each");
    }
    for (String kind : pattern) {
      if (!attention.containsKey(kind)) {
        throw new IllegalArgumentException(
            name + ": pattern names \"" + kind + "\", which is not among " + attention.keySet());
      }
    }
  }

  /** Kind of a layer, from 0 on. */
  public Attention attentionOf(int layer) {
    return attention.get(pattern.get(layer % pattern.size()));
  }

  /**
   * Floating-point operations of a prefill: two per active parameter and new token, and each
   * layer's attention; for plain attention 2 x layers x hidden x (n^2 + 2 n p).
   */
  public double prefillFlops(long newTokens, long reusedTokens) {
    return weightFlops(newTokens, reusedTokens) + attentionFlops(newTokens, reusedTokens);
  }

  /** Those of them that are products with weights. */
  double weightFlops(long newTokens, long reusedTokens) {
    Tokens.check(newTokens, reusedTokens);
    double flops = 2 * parameters.active() * newTokens;
    for (int layer = 0; layer < layers; layer++) {
      flops += attentionOf(layer).repeatedFlops(newTokens, reusedTokens);
    }
    return flops;
  }

  /** Those of them that are products of queries, keys and values. */
  double attentionFlops(long newTokens, long reusedTokens) {
    Tokens.check(newTokens, reusedTokens);
    double flops = 0;
    for (int layer = 0; layer < layers; layer++) {
      flops += attentionOf(layer).prefillFlops(newTokens, reusedTokens);
    }
    return flops;
  }

  /** Operations on keys and values of one more token after {@code contextTokens}. */
  public double decodeAttentionFlops(double contextTokens) {
    double flops = 0;
    for (int layer = 0; layer < layers; layer++) {
      flops += attentionOf(layer).decodeFlops(contextTokens);
    }
    return flops;
  }

  /** Bytes of keys, values and states that one more token moves on one of {@code world} ranks. */
  double decodeBytes(double contextTokens, int world) {
    double bytes = 0;
    for (int layer = 0; layer < layers; layer++) {
      bytes += attentionOf(layer).decodeBytes(contextTokens, world, kvType);
    }
    return bytes;
  }

  /** Bytes that a sequence has on one of {@code world} ranks, windows cut to their width. */
  public double heldBytes(long contextTokens, int world) {
    double bytes = 0;
    for (int layer = 0; layer < layers; layer++) {
      bytes += attentionOf(layer).heldBytes(contextTokens, world, kvType);
    }
    return bytes;
  }

  /** Bytes of one sequence's states on one of {@code world} ranks; 0 without linear attention. */
  public long stateBytes(int world) {
    long bytes = 0;
    for (int layer = 0; layer < layers; layer++) {
      bytes += attentionOf(layer).stateBytes(world);
    }
    return bytes;
  }

  /** Bytes that a token adds to what is stored, all heads together. */
  public long bytesPerToken() {
    return layout(1).bytesPerToken();
  }

  /** Bytes of all weights. */
  public double weightBytes(Precision precision) {
    return parameters.total() * precision.bytes();
  }

  /**
   * The layout of one of {@code world} ranks of a tensor-parallel group, with the library's default
   * blocks and chunks.
   */
  public KvLayout layout(int world) {
    KvLayout.Builder layout = KvLayout.builder().elementType(kvType);
    for (String kind : pattern.stream().distinct().toList()) {
      int[] those =
          IntStream.range(0, layers)
              .filter(layer -> pattern.get(layer % pattern.size()).equals(kind))
              .toArray();
      if (those.length > 0) {
        attention.get(kind).addTo(layout, those, world, kvType);
      }
    }
    return layout.build();
  }
}
