package io.kvcache.bench.seeds;

import io.kvcache.bench.model.Accelerator;
import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.ModelShape;
import io.kvcache.bench.model.Precision;
import io.kvcache.bench.model.PrefillCostModel;
import java.util.Locale;

/** The parts of a modelled prefill without reuse, and what would make it longer. */
final class LongPrefill {
  private final Deployment deployment;
  private final long tokens;
  private final double seconds;
  private final double weightFlops;
  private final double attentionFlops;

  LongPrefill(Deployment deployment, long tokens) {
    this.deployment = deployment;
    this.tokens = tokens;
    seconds = new PrefillCostModel(deployment, 0).seconds(tokens, 0);
    weightFlops = 2 * deployment.model().parameters().active() * tokens;
    attentionFlops = deployment.model().prefillFlops(tokens, 0) - weightFlops;
  }

  double seconds() {
    return seconds;
  }

  private double computing() {
    return at(deployment.precision(), weightFlops + attentionFlops);
  }

  private double between() {
    return seconds - computing();
  }

  private double at(Precision precision, double flops) {
    return flops / (peak(precision) * efficiency(precision));
  }

  private double peak(Precision precision) {
    Accelerator accelerator = deployment.accelerator();
    return accelerator.peakFlops().get(precision).value() * deployment.width();
  }

  private double efficiency(Precision precision) {
    return deployment.accelerator().efficiency().get(precision).value();
  }

  /** The efficiency, everything else unchanged, with which it takes so long. */
  private double efficiencyFor(double wanted) {
    return (weightFlops + attentionFlops) / peak(deployment.precision()) / (wanted - between());
  }

  private double withAttentionIn(Precision precision) {
    return at(deployment.precision(), weightFlops) + at(precision, attentionFlops) + between();
  }

  /** Every query times whole latents, as decode steps do it, with nothing expanded. */
  private double onLatents() {
    ModelShape model = deployment.model();
    double flops = weightFlops;
    for (int layer = 0; layer < model.layers(); layer++) {
      flops += model.attentionOf(layer).decodeFlops(tokens / 2.0) * tokens;
    }
    return at(deployment.precision(), flops) + between();
  }

  /** What the model leaves out, and the efficiency that would stand for it. */
  String shortOf(double wanted) {
    return String.format(
        Locale.ROOT,
        "the model's %.1f s are %.1f s for the active weights, %.1f s for attention and %.1f s for"
            + " sums between accelerators, all operations at the %s peak times an efficiency of"
            + " %.3f: with %.2f, everything else unchanged, they are %.0f s. It leaves out engines that"
            + " attend in BF16 whatever the weights are in (%.1f s), or to latents that they do not"
            + " expand for a prefill (%.1f s), the exchange between experts and their uneven load, and"
            + " every other request of the node",
        seconds,
        at(deployment.precision(), weightFlops),
        at(deployment.precision(), attentionFlops),
        between(),
        deployment.precision(),
        efficiency(deployment.precision()),
        efficiencyFor(wanted),
        wanted,
        withAttentionIn(Precision.BF16),
        onLatents());
  }
}
