package io.kvcache.bench.seeds;

import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.Precision;
import io.kvcache.bench.model.PrefillCostModel;
import io.kvcache.bench.model.PrefillParts;
import java.util.Locale;

/** The parts of a modelled prefill without reuse, and what would make it longer. */
final class LongPrefill {
  private final Deployment deployment;
  private final long tokens;
  private final PrefillParts parts;

  LongPrefill(Deployment deployment, long tokens) {
    this.deployment = deployment;
    this.tokens = tokens;
    parts = new PrefillCostModel(deployment, 0).parts(tokens, 0);
  }

  double seconds() {
    return parts.seconds();
  }

  /** The part of its efficiencies, everything else unchanged, with which it takes so long. */
  private double partFor(double wanted) {
    return (parts.weights() + parts.attention()) / (wanted - parts.link());
  }

  /** Every query times whole latents, as decode steps do it, with nothing expanded. */
  private double onLatents() {
    double flops = deployment.model().decodeAttentionFlops(tokens / 2.0) * tokens;
    return parts.weights() + deployment.attentionSeconds(flops) + parts.link();
  }

  private String of(Precision precision) {
    return String.format(
        Locale.ROOT,
        "%.3f of the %s peak",
        deployment.accelerator().efficiency().get(precision).value(),
        precision);
  }

  /** What the model leaves out, and the efficiency that would stand for it. */
  String shortOf(double wanted) {
    return String.format(
        Locale.ROOT,
        "the model's %.1f s are %.1f s for the active weights at %s, %.1f s for attention at %s and"
            + " %.1f s for sums between accelerators: with %.2f times these efficiencies,"
            + " everything else unchanged, they are %.0f s. It leaves out engines that attend to"
            + " latents that they do not expand for a prefill (%.1f s), the exchange between"
            + " experts and their uneven load, and every other request of the node",
        seconds(),
        parts.weights(),
        of(deployment.precision()),
        parts.attention(),
        of(deployment.attentionPrecision()),
        parts.link(),
        partFor(wanted),
        wanted,
        onLatents());
  }
}
