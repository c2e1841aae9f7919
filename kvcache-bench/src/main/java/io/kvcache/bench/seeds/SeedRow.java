package io.kvcache.bench.seeds;

import java.util.List;

/**
 * A claim and ours.
 *
 * @param id of the claim
 * @param figure which of its figures
 * @param document whose claim, and whose constants
 * @param claim what is said
 * @param claimed the figure
 * @param atLeast whether the text says "more than"
 * @param ours our figure
 * @param ratio ours over theirs
 * @param unit of both
 * @param kind measured, simulated or modelled
 * @param source which text
 * @param assumptions behind our figure
 * @param prevents the constant that keeps ours away from theirs and what it would have to be; null
 *     where ours is near enough, or nothing was tried
 */
public record SeedRow(
    String id,
    String figure,
    String document,
    String claim,
    double claimed,
    boolean atLeast,
    double ours,
    double ratio,
    String unit,
    String kind,
    String source,
    List<String> assumptions,
    String prevents) {
  static final String MEASURED = "measured";
  static final String SIMULATED = "simulated";
  static final String MODELLED = "modelled";

  /** Whether ours is what is claimed, within a quarter, or above where that is claimed. */
  public boolean reached() {
    return reached(ratio, atLeast);
  }

  static boolean reached(double ratio, boolean atLeast) {
    return Math.abs(ratio - 1) <= 0.25 || atLeast && ratio >= 1;
  }

  static SeedRow of(
      SourceDocument document,
      Claim claim,
      double ours,
      String kind,
      List<String> assumptions,
      String prevents) {
    return new SeedRow(
        claim.id(),
        claim.figure(),
        document.document(),
        claim.claim(),
        claim.value(),
        claim.atLeast(),
        ours,
        ours / claim.value(),
        claim.unit(),
        kind,
        document.source(),
        List.copyOf(assumptions),
        prevents);
  }
}
