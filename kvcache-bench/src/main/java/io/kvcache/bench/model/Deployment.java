package io.kvcache.bench.model;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * One instance of a model: on which accelerators, in which precision. Tensor-parallel over all of
 * them; sums between them are not overlapped with computing. Immutable.
 *
 * @param width accelerators
 */
public record Deployment(
    ModelShape model, Accelerator accelerator, Precision precision, int width) {
  /** Attention and feed-forward part of a layer each end with a sum over the group. */
  private static final int SUMS_PER_LAYER = 2;

  public Deployment {
    if (width < 1) {
      throw new IllegalArgumentException("width " + width + ": 1 accelerator or more");
    }
    for (Precision each : precisions(model, precision)) {
      if (!accelerator.peakFlops().containsKey(each)) {
        throw new IllegalArgumentException(
            accelerator.name() + " has no " + each + ", only " + accelerator.peakFlops().keySet());
      }
    }
    model.layout(width);
  }

  private static Set<Precision> precisions(ModelShape model, Precision precision) {
    Set<Precision> both = new LinkedHashSet<>(Set.of(precision));
    if (model.attentionPrecision() != null) {
      both.add(model.attentionPrecision().value());
    }
    return both;
  }

  /** That of the weights, and of attention if it is another. */
  public Set<Precision> precisions() {
    return precisions(model, precision);
  }

  /** That in which queries, keys and values are multiplied. */
  public Precision attentionPrecision() {
    return model.attentionPrecision() == null ? precision : model.attentionPrecision().value();
  }

  /** The same with one efficiency for whatever it multiplies. */
  public Deployment withEfficiency(Sourced share) {
    Accelerator changed = accelerator;
    for (Precision each : precisions()) {
      changed = changed.withEfficiency(each, share);
    }
    return new Deployment(model, changed, precision, width);
  }

  /** Seconds of that many operations with weights. */
  public double weightSeconds(double flops) {
    return flops / (peakFlops(precision) * accelerator.efficiency().get(precision).value());
  }

  /** Seconds of that many operations on queries, keys and values. */
  public double attentionSeconds(double flops) {
    Precision in = attentionPrecision();
    return flops / (peakFlops(in) * accelerator.efficiency().get(in).value());
  }

  /** Seconds of a prefill's operations if accelerators reached their data sheet's peak. */
  double idealSeconds(long newTokens, long reusedTokens) {
    return model.weightFlops(newTokens, reusedTokens) / peakFlops(precision)
        + model.attentionFlops(newTokens, reusedTokens) / peakFlops(attentionPrecision());
  }

  private double peakFlops(Precision in) {
    return accelerator.peakFlops().get(in).value() * width;
  }

  /**
   * Seconds that sums over the group take for {@code tokens} tokens. Activations are summed in
   * bfloat16 whatever the precision of the weights.
   */
  double linkSeconds(double tokens) {
    if (width == 1) {
      return 0;
    }
    double summed =
        (double) SUMS_PER_LAYER * model.layers() * model.hidden() * Precision.BF16.bytes() * tokens;
    return summed * accelerator.allReduceTraffic().value() / accelerator.linkBandwidth().value();
  }

  /** In print: {@code Llama-3.3-70B BF16 on 8 x NVIDIA H100 SXM 80 GB}. */
  public String title() {
    return model.title() + " " + precision + " on " + width + " x " + accelerator.title();
  }
}
