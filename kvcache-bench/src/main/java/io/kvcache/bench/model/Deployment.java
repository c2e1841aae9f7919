package io.kvcache.bench.model;

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
    if (!accelerator.peakFlops().containsKey(precision)) {
      throw new IllegalArgumentException(
          accelerator.name()
              + " has no "
              + precision
              + ", only "
              + accelerator.peakFlops().keySet());
    }
    model.layout(width);
  }

  /** Operations per second of all accelerators at their data sheet's peak. */
  double peakFlops() {
    return accelerator.peakFlops().get(precision).value() * width;
  }

  /** Operations per second that a prefill gets. */
  double flops() {
    return peakFlops() * accelerator.efficiency().get(precision).value();
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
