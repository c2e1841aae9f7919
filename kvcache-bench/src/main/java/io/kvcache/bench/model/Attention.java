package io.kvcache.bench.model;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.kvcache.ElementType;
import io.kvcache.KvLayout;

/**
 * How one layer mixes tokens: what it computes, what it keeps, and what a decode step touches of
 * that. Floating-point operations are those of the whole layer; bytes are those of one of {@code
 * world} ranks of a tensor-parallel group. The projections around it are parameters and are counted
 * with them.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(name = "full", value = FullAttention.class),
  @JsonSubTypes.Type(name = "window", value = WindowAttention.class),
  @JsonSubTypes.Type(name = "latent", value = LatentAttention.class),
  @JsonSubTypes.Type(name = "linear", value = LinearAttention.class)
})
public sealed interface Attention
    permits FullAttention, WindowAttention, LatentAttention, LinearAttention {
  /**
   * Operations on queries, keys and values of a prefill of {@code newTokens} after {@code
   * reusedTokens}.
   */
  double prefillFlops(long newTokens, long reusedTokens);

  /** Operations with weights that such a prefill repeats for what it reuses. */
  default double repeatedFlops(long newTokens, long reusedTokens) {
    return 0;
  }

  /** Operations of one more token after {@code contextTokens}. */
  double decodeFlops(double contextTokens);

  /** Bytes that a sequence of {@code contextTokens} has in this layer's memory. */
  double heldBytes(double contextTokens, int world, ElementType kvType);

  /** Bytes that one more token of that sequence moves. */
  default double decodeBytes(double contextTokens, int world, ElementType kvType) {
    return heldBytes(contextTokens, world, kvType);
  }

  /** Bytes of the state that the layer keeps per sequence; 0 if it keeps rows per token. */
  default long stateBytes(int world) {
    return 0;
  }

  /** Declares layers of this kind. */
  void addTo(KvLayout.Builder layout, int[] layers, int world, ElementType kvType);
}
