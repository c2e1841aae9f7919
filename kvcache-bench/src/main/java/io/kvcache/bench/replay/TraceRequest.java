package io.kvcache.bench.replay;

/**
 * One line of a trace.
 *
 * @param timestamp when it came, in milliseconds; for a replay only the order counts
 * @param inputTokens tokens of its prompt
 * @param outputTokens tokens that were generated for it
 * @param blocks the ids of its whole input blocks, renumbered from 0 in the order of the file
 */
public record TraceRequest(double timestamp, int inputTokens, int outputTokens, int[] blocks) {
  /** Tokens of the prompt and of what was generated. */
  public int totalTokens() {
    return inputTokens + outputTokens;
  }
}
