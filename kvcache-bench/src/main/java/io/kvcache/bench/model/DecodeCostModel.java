package io.kvcache.bench.model;

/**
 * Modelled decode step: the longer of moving weights, keys and values through the memory and of
 * multiplying, and the sums between accelerators. All sequences are taken to be equally long, and
 * experts to be chosen evenly. Immutable.
 */
public final class DecodeCostModel implements DecodeTime {
  private final Deployment deployment;

  /** A model of this deployment. */
  public DecodeCostModel(Deployment deployment) {
    this.deployment = deployment;
  }

  @Override
  public double seconds(int sequences, long contextTokens) {
    if (sequences < 1 || contextTokens < 0) {
      throw new IllegalArgumentException(
          sequences + " sequences of " + contextTokens + " tokens: 1 or more, 0 or more");
    }
    ModelShape model = deployment.model();
    Accelerator accelerator = deployment.accelerator();
    double context = (double) contextTokens / sequences;
    double weights =
        model.parameters().read(sequences) * deployment.precision().bytes() / deployment.width();
    double moved = weights + sequences * model.decodeBytes(context, deployment.width());
    double memory =
        moved / (accelerator.hbmBandwidth().value() * accelerator.hbmEfficiency().value());
    double compute =
        sequences
            * (deployment.weightSeconds(2 * model.parameters().active())
                + deployment.attentionSeconds(model.decodeAttentionFlops(context)));
    return Math.max(memory, compute) + deployment.linkSeconds(sequences);
  }
}
