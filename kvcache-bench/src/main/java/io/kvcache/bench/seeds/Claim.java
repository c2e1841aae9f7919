package io.kvcache.bench.seeds;

import java.util.List;

/**
 * A figure that somebody published.
 *
 * @param id of the claim; a claim with several figures has several rows of one id
 * @param figure which of them
 * @param claim what is said, in our words
 * @param value the figure
 * @param unit its unit
 * @param atLeast whether the text says "more than"; left out for no
 * @param metric what of ours it is compared with
 * @param suspect what may prevent it; null if nothing is tried
 * @param assumptions of this comparison, beside its document's constants
 */
public record Claim(
    String id,
    String figure,
    String claim,
    double value,
    String unit,
    Boolean atLeast,
    Metric metric,
    Suspect suspect,
    List<String> assumptions) {
  public Claim {
    SourceDocument.require("id of a claim", id);
    SourceDocument.require(id + ": figure", figure);
    SourceDocument.require(id + ": claim", claim);
    SourceDocument.require(id + ": unit", unit);
    SourceDocument.require(id + ": metric", metric);
    atLeast = atLeast != null && atLeast;
    assumptions = assumptions == null ? List.of() : List.copyOf(assumptions);
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(
          id + " claims " + value + " " + unit + ": a finite number above 0");
    }
  }

  /** Whether a figure of ours is what is claimed, within a quarter. */
  boolean reachedBy(double ours) {
    return SeedRow.reached(ours / value, atLeast);
  }
}
