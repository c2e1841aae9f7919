package io.kvcache.bench.model;

/** Token counts of one attention layer. */
final class Tokens {
  private Tokens() {}

  /**
   * How many earlier tokens the new ones look at, all together: n^2 / 2 + n x p as long as the
   * window is wider than the context.
   *
   * @param window tokens that a token sees at most
   */
  static double pairs(long newTokens, long reusedTokens, double window) {
    return seen(newTokens + (double) reusedTokens, window) - seen(reusedTokens, window);
  }

  private static double seen(double tokens, double window) {
    return tokens <= window
        ? tokens * tokens / 2
        : window * window / 2 + window * (tokens - window);
  }

  /** Checks the arguments of a prefill. */
  static void check(long newTokens, long reusedTokens) {
    if (newTokens < 0 || reusedTokens < 0) {
      throw new IllegalArgumentException(
          newTokens + " new tokens after " + reusedTokens + " reused ones: 0 or more of each");
    }
  }
}
