package io.kvcache.bench.model;

/**
 * How many sequences fit beside the weights. Weights are spread evenly; so are keys and values,
 * except that every accelerator holds whole latents, and at least one head of grouped-query keys.
 *
 * @param deployment what it is about
 */
public record Batching(Deployment deployment) {
  /**
   * A deployment that holds its weights.
   *
   * @throws IllegalArgumentException if they do not fit
   */
  public Batching {
    if (freeBytes(deployment) <= 0) {
      throw new IllegalArgumentException(
          String.format(
              "%s: %.0f GB of weights do not fit %.0f GB, %s of its memory: more accelerators or"
                  + " fewer bytes per weight",
              deployment.title(),
              deployment.model().weightBytes(deployment.precision()) / 1e9,
              usableBytes(deployment) * deployment.width() / 1e9,
              deployment.accelerator().usableHbm().value()));
    }
  }

  private static double usableBytes(Deployment deployment) {
    Accelerator accelerator = deployment.accelerator();
    return accelerator.hbmBytes().value() * accelerator.usableHbm().value();
  }

  private static double freeBytes(Deployment deployment) {
    double weights = deployment.model().weightBytes(deployment.precision());
    return usableBytes(deployment) - weights / deployment.width();
  }

  /** Bytes of one accelerator that are left for keys, values and states. */
  public double freeBytes() {
    return freeBytes(deployment);
  }

  /** Whole sequences of {@code contextTokens}, output included, that fit at a time. */
  public long sequences(long contextTokens) {
    if (contextTokens < 1) {
      throw new IllegalArgumentException("context of " + contextTokens + " tokens: 1 or more");
    }
    return (long) (freeBytes() / deployment.model().heldBytes(contextTokens, deployment.width()));
  }
}
