package io.kvcache.bench.ttft;

import io.kvcache.Tier;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Requests of one tier and reuse: the one whose time to first token is the median of the rounds.
 *
 * @param tier where the reused chunks were
 * @param reusePercent share of the prompt that was seen before
 * @param kind what the time to first token is made of
 * @param median the round that counts
 * @param lowest seconds of the fastest round
 * @param highest seconds of the slowest round
 * @param scenarioBytes bytes that the model keeps of what was restored
 * @param baselineSeconds modelled: the same prompt without a cache
 * @param formulaSeconds modelled: fixed overhead and residual prefill, and the bytes that come from
 *     files over the filesystem's bandwidth
 * @param retrievalSeconds modelled: the last part of that alone
 * @param pairedDeviation how far times to first token are from the formula fed with what the
 *     directory read right before each of them: the median of the rounds; empty if nobody asked
 */
public record TtftRow(
    TierMix tier,
    int reusePercent,
    String kind,
    Served median,
    double lowest,
    double highest,
    long scenarioBytes,
    double baselineSeconds,
    double formulaSeconds,
    double retrievalSeconds,
    OptionalDouble pairedDeviation) {
  /** What measured rounds are. */
  static final String MEASURED_AND_MODELLED = "measured+modelled";

  /** What no cache is. */
  static final String MODELLED = "modelled";

  static TtftRow of(
      TierMix tier,
      int reusePercent,
      List<Paired> rounds,
      TtftScenario scenario,
      BandwidthScale scale,
      ScaledLayout at) {
    List<Served> sorted =
        rounds.stream()
            .map(Paired::served)
            .sorted(Comparator.comparingDouble(Served::ttftSeconds))
            .toList();
    Served median = sorted.get(sorted.size() / 2);
    double baseline = scenario.prefill().seconds(scenario.promptTokens(), 0);
    long restored = at.realBytes(median.tokens());
    int held = median.tokensByTier().values().stream().mapToInt(n -> n).sum();
    double share =
        held == 0 ? 0 : (double) median.tokensByTier().getOrDefault(Tier.STORE, 0) / held;
    double retrieval = restored * share / scenario.filesystemBytesPerSecond();
    double[] deviations =
        rounds.stream()
            .map(round -> round.deviation(retrieval, scale.measuredBytesPerSecond()))
            .flatMapToDouble(OptionalDouble::stream)
            .sorted()
            .toArray();
    return new TtftRow(
        tier,
        reusePercent,
        tier.none() ? MODELLED : MEASURED_AND_MODELLED,
        median,
        sorted.get(0).ttftSeconds(),
        sorted.get(sorted.size() - 1).ttftSeconds(),
        restored,
        baseline,
        median.prefillSeconds() + retrieval,
        retrieval,
        deviations.length == 0
            ? OptionalDouble.empty()
            : OptionalDouble.of(deviations[deviations.length / 2]));
  }

  /** Of no cache, whatever was seen before. */
  static TtftRow baseline(
      int reusePercent, TtftScenario scenario, BandwidthScale scale, ScaledLayout at) {
    Served all =
        new Served(0, Map.of(), 0, 0, 0, 0, scenario.prefill().seconds(scenario.promptTokens(), 0));
    Paired alone = new Paired(all, OptionalDouble.empty());
    return of(TierMix.NONE, reusePercent, List.of(alone), scenario, scale, at);
  }

  /** How many times sooner the first token comes than without a cache. */
  public double speedup() {
    return baselineSeconds / median.ttftSeconds();
  }

  /** How much lower the time to first token is than without a cache: 0.9 is 90 %. */
  public double reduction() {
    return 1 - median.ttftSeconds() / baselineSeconds;
  }

  /** How far the time to first token is from the formula's: 0.1 is 10 % too long. */
  public double deviation() {
    return median.ttftSeconds() / formulaSeconds - 1;
  }

  /** How far what was measured is from the formula's retrieval alone. */
  public double retrievalDeviation() {
    return median.measuredSeconds() / retrievalSeconds - 1;
  }
}
