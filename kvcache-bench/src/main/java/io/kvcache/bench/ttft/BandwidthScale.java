package io.kvcache.bench.ttft;

/**
 * The one number by which a run here is smaller than its scenario: k, the scenario's bandwidth over
 * that of this directory. Bytes are divided by it, so that they take here as long as the scenario's
 * would take there.
 *
 * @param scenarioBytesPerSecond what the scenario's filesystem reads
 * @param measuredBytesPerSecond what this directory reads
 */
public record BandwidthScale(double scenarioBytesPerSecond, double measuredBytesPerSecond) {
  /** Checks that there is something to divide by. */
  public BandwidthScale {
    require("scenario", scenarioBytesPerSecond);
    require("measured", measuredBytesPerSecond);
  }

  private static void require(String which, double bytesPerSecond) {
    if (!(bytesPerSecond > 0) || Double.isInfinite(bytesPerSecond)) {
      throw new IllegalArgumentException(
          which
              + " bandwidth of "
              + bytesPerSecond
              + " bytes per second: a finite number, more than 0");
    }
  }

  /** k; below 1 if this directory is the faster one. */
  public double k() {
    return scenarioBytesPerSecond / measuredBytesPerSecond;
  }

  /** What so many of the scenario's bytes, or bytes per second, are here. */
  public double here(double scenario) {
    return scenario / k();
  }
}
