package io.kvcache.bench.model;

import io.kvcache.ElementType;
import io.kvcache.KvLayout;

/**
 * A layer whose tokens see all earlier ones.
 *
 * @param heads query heads
 * @param kvHeads heads of keys and of values
 * @param headDim values per head
 */
public record FullAttention(int heads, int kvHeads, int headDim) implements Attention {
  public FullAttention {
    new Heads(heads, kvHeads, headDim);
  }

  private Heads shape() {
    return new Heads(heads, kvHeads, headDim);
  }

  @Override
  public double prefillFlops(long newTokens, long reusedTokens) {
    return shape().flopsPerPair() * Tokens.pairs(newTokens, reusedTokens, Double.POSITIVE_INFINITY);
  }

  @Override
  public double decodeFlops(double contextTokens) {
    return shape().flopsPerPair() * contextTokens;
  }

  @Override
  public double heldBytes(double contextTokens, int world, ElementType kvType) {
    return shape().rowBytes(world, kvType) * contextTokens;
  }

  @Override
  public void addTo(KvLayout.Builder layout, int[] layers, int world, ElementType kvType) {
    layout.full(layers, shape().parts(world, kvType));
  }
}
