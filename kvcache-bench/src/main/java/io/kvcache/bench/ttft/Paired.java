package io.kvcache.bench.ttft;

import java.util.OptionalDouble;

/**
 * A request, and what the directory was in the mood for.
 *
 * @param served the request
 * @param directory bytes per second that fio read right before it; empty if nobody asked
 */
record Paired(Served served, OptionalDouble directory) {
  /**
   * How far its time to first token is from prefill and retrieval at the bandwidth of that moment.
   *
   * @param retrievalSeconds bytes over the bandwidth that k was made of
   * @param before that bandwidth here
   */
  OptionalDouble deviation(double retrievalSeconds, double before) {
    if (directory.isEmpty()) {
      return OptionalDouble.empty();
    }
    double retrieval = retrievalSeconds * before / directory.getAsDouble();
    return OptionalDouble.of(served.ttftSeconds() / (served.prefillSeconds() + retrieval) - 1);
  }
}
