package io.kvcache.bench.model;

import io.kvcache.ElementType;
import io.kvcache.KvLayout;

/**
 * A layer whose tokens see the last {@code window} ones. It is taken to keep no more than those.
 *
 * @param window tokens, the new one included
 * @param heads query heads
 * @param kvHeads heads of keys and of values
 * @param headDim values per head
 */
public record WindowAttention(int window, int heads, int kvHeads, int headDim)
    implements Attention {
  public WindowAttention {
    new Heads(heads, kvHeads, headDim);
    if (window < 1) {
      throw new IllegalArgumentException("window of " + window + " tokens: 1 or more");
    }
  }

  private Heads shape() {
    return new Heads(heads, kvHeads, headDim);
  }

  @Override
  public double prefillFlops(long newTokens, long reusedTokens) {
    return shape().flopsPerPair() * Tokens.pairs(newTokens, reusedTokens, window);
  }

  @Override
  public double decodeFlops(double contextTokens) {
    return shape().flopsPerPair() * Math.min(window, contextTokens);
  }

  @Override
  public double heldBytes(double contextTokens, int world, ElementType kvType) {
    return shape().rowBytes(world, kvType) * Math.min(window, contextTokens);
  }

  @Override
  public void addTo(KvLayout.Builder layout, int[] layers, int world, ElementType kvType) {
    layout.window(window, layers, shape().parts(world, kvType));
  }
}
