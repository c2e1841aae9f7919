package io.kvcache.bench.model;

import io.kvcache.ElementType;
import io.kvcache.LayoutPart;

/** Grouped-query heads: what full and sliding-window attention have in common. */
record Heads(int heads, int kvHeads, int headDim) {
  Heads {
    if (kvHeads < 1 || headDim < 1 || heads < kvHeads || heads % kvHeads != 0) {
      throw new IllegalArgumentException(
          "heads "
              + heads
              + ", kvHeads "
              + kvHeads
              + ", headDim "
              + headDim
              + ": positive numbers, heads a multiple of kvHeads");
    }
  }

  /** Operations for one pair of tokens: a product for the score, one for the value. */
  double flopsPerPair() {
    return 4.0 * heads * headDim;
  }

  /** Keys and values of one token on one rank. */
  LayoutPart[] parts(int world, ElementType type) {
    int bytes = perRank("kvHeads", kvHeads, world) * headDim * type.bytes();
    return new LayoutPart[] {new LayoutPart("k", bytes), new LayoutPart("v", bytes)};
  }

  double rowBytes(int world, ElementType type) {
    return 2.0 * perRank("kvHeads", kvHeads, world) * headDim * type.bytes();
  }

  /** Heads of one rank; where there are more ranks than heads, several ranks hold the same one. */
  static int perRank(String name, int heads, int world) {
    if (world < 1 || heads % world != 0 && world % heads != 0) {
      throw new IllegalArgumentException(
          "width " + world + " does not divide " + name + " " + heads + ", nor is it a multiple");
    }
    return Math.max(1, heads / world);
  }
}
