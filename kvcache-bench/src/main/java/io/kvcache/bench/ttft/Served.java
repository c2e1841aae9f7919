package io.kvcache.bench.ttft;

import io.kvcache.Tier;
import java.util.Map;

/**
 * One request, up to its first token.
 *
 * @param tokens leading tokens that were restored
 * @param tokensByTier those by the tier that held them
 * @param bytes bytes of rows that went to the engine; what it reads in device memory is not in them
 * @param hashSeconds measured: keys of the prompt
 * @param acquireSeconds measured: finding the prefix
 * @param restoreSeconds measured: restoring it, copies over the link included
 * @param prefillSeconds modelled: computing the other tokens
 */
public record Served(
    int tokens,
    Map<Tier, Integer> tokensByTier,
    long bytes,
    double hashSeconds,
    double acquireSeconds,
    double restoreSeconds,
    double prefillSeconds) {
  /** What was measured. */
  public double measuredSeconds() {
    return hashSeconds + acquireSeconds + restoreSeconds;
  }

  /** Time to the first token: measured and modelled. */
  public double ttftSeconds() {
    return measuredSeconds() + prefillSeconds;
  }
}
