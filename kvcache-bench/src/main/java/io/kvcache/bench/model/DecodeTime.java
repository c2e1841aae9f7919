package io.kvcache.bench.model;

/** How long one decode step of a batch takes: one token for every sequence in it. Thread-safe. */
@FunctionalInterface
public interface DecodeTime {
  /**
   * Seconds of the step.
   *
   * @param sequences sequences in the batch, 1 or more
   * @param contextTokens tokens of keys and values that all of them have together
   */
  double seconds(int sequences, long contextTokens);
}
