package io.kvcache.bench.sim;

/**
 * A variant over the one that it is compared with: above 1 is more; 0 where that has nothing.
 *
 * @param ttftMean of the mean time to first token
 * @param latencyMean of the mean time to the last token
 * @param tokensPerSecond of prompts' and generated tokens together
 * @param busyGpuHoursPerRequest of the hours in which accelerators computed
 */
public record Ratios(
    double ttftMean, double latencyMean, double tokensPerSecond, double busyGpuHoursPerRequest) {
  /** Those of a result to another. */
  public static Ratios of(SimResult result, SimResult base) {
    return new Ratios(
        ratio(result.ttft().mean(), base.ttft().mean()),
        ratio(result.latency().mean(), base.latency().mean()),
        ratio(tokensPerSecond(result), tokensPerSecond(base)),
        ratio(hoursPerRequest(result), hoursPerRequest(base)));
  }

  private static double tokensPerSecond(SimResult result) {
    return result.inputTokensPerSecond() + result.outputTokensPerSecond();
  }

  private static double hoursPerRequest(SimResult result) {
    return ratio(result.busyGpuHours(), result.requests());
  }

  private static double ratio(double part, double whole) {
    return whole == 0 ? 0 : part / whole;
  }
}
