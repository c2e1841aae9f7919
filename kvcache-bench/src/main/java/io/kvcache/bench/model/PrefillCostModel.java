package io.kvcache.bench.model;

/**
 * Modelled prefill: a fixed overhead, the operations at the accelerators' peak times one
 * efficiency, and the sums between them. Nothing in it depends on the load: the request is alone.
 * Immutable.
 */
public final class PrefillCostModel implements PrefillTime {
  private final Deployment deployment;
  private final double fixedOverheadSeconds;

  /**
   * A model of this deployment.
   *
   * @param fixedOverheadSeconds what every request takes before and after its tokens; 0 or more
   */
  public PrefillCostModel(Deployment deployment, double fixedOverheadSeconds) {
    if (!(fixedOverheadSeconds >= 0) || Double.isInfinite(fixedOverheadSeconds)) {
      throw new IllegalArgumentException(
          "fixed overhead of " + fixedOverheadSeconds + " s: a finite number, 0 or more");
    }
    this.deployment = deployment;
    this.fixedOverheadSeconds = fixedOverheadSeconds;
  }

  @Override
  public double seconds(long newTokens, long reusedTokens) {
    return parts(newTokens, reusedTokens).seconds();
  }

  /** The same, and what it is spent on. */
  public PrefillParts parts(long newTokens, long reusedTokens) {
    ModelShape model = deployment.model();
    return new PrefillParts(
        deployment.weightSeconds(model.weightFlops(newTokens, reusedTokens)),
        deployment.attentionSeconds(model.attentionFlops(newTokens, reusedTokens)),
        deployment.linkSeconds(newTokens),
        fixedOverheadSeconds);
  }

  /** What it is a model of. */
  public Deployment deployment() {
    return deployment;
  }

  /** What every request takes before and after its tokens. */
  public double fixedOverheadSeconds() {
    return fixedOverheadSeconds;
  }
}
