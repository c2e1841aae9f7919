package io.kvcache.bench.model;

/**
 * What the seconds of a modelled prefill are spent on, one after the other.
 *
 * @param weights products with weights
 * @param attention products of queries, keys and values
 * @param link sums between accelerators
 * @param overhead fixed, of every request
 */
public record PrefillParts(double weights, double attention, double link, double overhead) {
  /** All of it. */
  public double seconds() {
    return overhead + (weights + attention) + link;
  }
}
