package io.kvcache.bench.seeds;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A claim and ours.
 *
 * @param id of the claim
 * @param figure which of its figures
 * @param document whose claim, and whose constants
 * @param claim what is said
 * @param claimed the figure
 * @param atLeast whether the text says "more than"
 * @param ours our figure; null if nothing was measured that must be
 * @param ratio ours over theirs; null if theirs is a setting, with which ours was measured, or
 *     there is nothing of ours
 * @param unit of both; of a setting its own, and then that of ours
 * @param kind measured, simulated or modelled
 * @param source which text
 * @param assumptions behind our figure
 * @param prevents where ours is not near enough: the constant with which, changed alone, it would
 *     be, with what value, and how that was found; null where ours is near enough, or nothing was
 *     tried
 */
public record SeedRow(
    String id,
    String figure,
    String document,
    String claim,
    double claimed,
    boolean atLeast,
    Double ours,
    Double ratio,
    String unit,
    String kind,
    String source,
    List<String> assumptions,
    String prevents) {
  static final String MEASURED = "measured";
  static final String SIMULATED = "simulated";
  static final String MODELLED = "modelled";

  /** In a word: yes; below, if more is claimed and ours is near it, but less; no; or null. */
  @JsonProperty("reached")
  public String verdict() {
    if (ratio == null) {
      return null;
    }
    return !reached() ? "no" : fallsShort() ? "below" : "yes";
  }

  /** Whether more than a figure is claimed and ours is less, though within a quarter of it. */
  public boolean fallsShort() {
    return ratio != null && atLeast && ratio < 1 && reached();
  }

  /** What {@link #fallsShort()} says, in words; null if it is not so. */
  public String below() {
    return fallsShort()
        ? String.format(
            Locale.ROOT,
            "more than %.4g %s is claimed: ours is %.1f %% below that",
            claimed,
            unit,
            100 * (1 - ratio))
        : null;
  }

  /** Whether ours is what is claimed, within a quarter, or above where that is claimed. */
  public boolean reached() {
    return ratio == null || reached(ratio, atLeast);
  }

  static boolean reached(double ratio, boolean atLeast) {
    return Math.abs(ratio - 1) <= 0.25 || atLeast && ratio >= 1;
  }

  /**
   * @param assumptions beside the claim's own
   */
  static SeedRow of(
      SourceDocument document,
      Claim claim,
      double ours,
      String kind,
      List<String> assumptions,
      String prevents) {
    return of(document, claim, ours, ours / claim.value(), kind, assumptions, prevents);
  }

  static SeedRow modelled(
      SourceDocument document, Claim claim, double ours, List<String> assumptions) {
    return of(document, claim, ours, MODELLED, assumptions, null);
  }

  /** Of a setting that the text names without a figure for what it does: there is no ratio. */
  static SeedRow ofSetting(SourceDocument document, Claim claim, Double ours, String how) {
    return of(document, claim, ours, null, MEASURED, List.of(how), null);
  }

  private static SeedRow of(
      SourceDocument document,
      Claim claim,
      Double ours,
      Double ratio,
      String kind,
      List<String> assumptions,
      String prevents) {
    List<String> all = new ArrayList<>(claim.assumptions());
    all.addAll(assumptions);
    return new SeedRow(
        claim.id(),
        claim.figure(),
        document.document(),
        claim.claim(),
        claim.value(),
        claim.atLeast(),
        ours,
        ratio,
        claim.unit(),
        kind,
        document.source(),
        List.copyOf(all),
        prevents);
  }
}
