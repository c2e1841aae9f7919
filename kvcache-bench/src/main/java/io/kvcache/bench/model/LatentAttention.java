package io.kvcache.bench.model;

import io.kvcache.ElementType;
import io.kvcache.KvLayout;
import io.kvcache.LayoutPart;

/**
 * Multi-head latent attention. A prefill works on expanded keys and values and therefore expands
 * the reused tokens' latents again; a decode step works on the latents themselves. Every rank of a
 * tensor-parallel group keeps whole latents.
 *
 * @param heads query heads
 * @param latentDim values of the compressed keys and values
 * @param ropeDim values of the shared rotary key
 * @param keyDim values of a head's expanded key without the rotary part
 * @param valueDim values of a head's expanded value
 */
public record LatentAttention(int heads, int latentDim, int ropeDim, int keyDim, int valueDim)
    implements Attention {
  public LatentAttention {
    if (heads < 1 || latentDim < 1 || ropeDim < 0 || keyDim < 1 || valueDim < 1) {
      throw new IllegalArgumentException(
          "heads "
              + heads
              + ", latentDim "
              + latentDim
              + ", ropeDim "
              + ropeDim
              + ", keyDim "
              + keyDim
              + ", valueDim "
              + valueDim
              + ": positive numbers, ropeDim 0 or more");
    }
  }

  @Override
  public double prefillFlops(long newTokens, long reusedTokens) {
    double pairs = Tokens.pairs(newTokens, reusedTokens, Double.POSITIVE_INFINITY);
    return 2.0 * heads * (keyDim + ropeDim + valueDim) * pairs;
  }

  @Override
  public double repeatedFlops(long newTokens, long reusedTokens) {
    return newTokens == 0 ? 0 : 2.0 * latentDim * heads * (keyDim + valueDim) * reusedTokens;
  }

  @Override
  public double decodeFlops(double contextTokens) {
    return 2.0 * heads * (2.0 * latentDim + ropeDim) * contextTokens;
  }

  @Override
  public double heldBytes(double contextTokens, int world, ElementType kvType) {
    return (double) (latentDim + ropeDim) * kvType.bytes() * contextTokens;
  }

  @Override
  public void addTo(KvLayout.Builder layout, int[] layers, int world, ElementType kvType) {
    layout.full(layers, new LayoutPart("latent", (latentDim + ropeDim) * kvType.bytes()));
  }
}
