package io.kvcache.bench.model;

import io.kvcache.ElementType;
import io.kvcache.KvLayout;
import io.kvcache.LayoutPart;

/**
 * A layer that keeps one state per sequence, a matrix per head. A token costs three products of the
 * matrix's size: read out, correct, update. The short convolution before it is left out.
 *
 * @param heads value heads
 * @param keyDim rows of a head's matrix
 * @param valueDim columns of a head's matrix
 * @param stateType number format of the matrix
 */
public record LinearAttention(int heads, int keyDim, int valueDim, ElementType stateType)
    implements Attention {
  public LinearAttention {
    if (heads < 1 || keyDim < 1 || valueDim < 1 || stateType == null) {
      throw new IllegalArgumentException(
          "heads "
              + heads
              + ", keyDim "
              + keyDim
              + ", valueDim "
              + valueDim
              + ", stateType "
              + stateType
              + ": positive numbers and a number format such as F32");
    }
  }

  @Override
  public double prefillFlops(long newTokens, long reusedTokens) {
    return decodeFlops(reusedTokens) * newTokens;
  }

  @Override
  public double decodeFlops(double contextTokens) {
    return 6.0 * heads * keyDim * valueDim;
  }

  @Override
  public double heldBytes(double contextTokens, int world, ElementType kvType) {
    return stateBytes(world);
  }

  /** The state is read and written again. */
  @Override
  public double decodeBytes(double contextTokens, int world, ElementType kvType) {
    return 2.0 * stateBytes(world);
  }

  @Override
  public long stateBytes(int world) {
    return (long) Heads.perRank("heads", heads, world) * keyDim * valueDim * stateType.bytes();
  }

  @Override
  public void addTo(KvLayout.Builder layout, int[] layers, int world, ElementType kvType) {
    layout.state(layers, new LayoutPart("state", Math.toIntExact(stateBytes(world))));
  }
}
