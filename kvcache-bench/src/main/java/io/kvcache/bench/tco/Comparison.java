package io.kvcache.bench.tco;

/**
 * Two ways to serve the same number of tokens per second, each scaled from a set of machines whose
 * throughput is known. Machines are not rounded to whole ones.
 *
 * @param before the bill of the one set
 * @param beforeTokensPerSecond what it serves, above 0
 * @param after the bill of the other
 * @param afterTokensPerSecond what that serves, above 0
 */
public record Comparison(
    Bill before, double beforeTokensPerSecond, Bill after, double afterTokensPerSecond) {
  public Comparison {
    before.dollarsPerMillionTokens(beforeTokensPerSecond);
    after.dollarsPerMillionTokens(afterTokensPerSecond);
  }

  /**
   * Share of the cost of a token that the second way saves; below 0 if it is dearer.
   *
   * @throws IllegalArgumentException if the first costs nothing, of which there is no share
   */
  public double saving() {
    if (before.dollarsPerHour() == 0) {
      throw new IllegalArgumentException(
          "what is compared with costs nothing: its prices are 0, and so no share is saved");
    }
    return 1
        - after.dollarsPerMillionTokens(afterTokensPerSecond)
            / before.dollarsPerMillionTokens(beforeTokensPerSecond);
  }

  /**
   * Share of the accelerators, and so of their hours per token, that the second way saves.
   *
   * @throws IllegalArgumentException if the first has none
   */
  public double acceleratorSaving() {
    if (before.accelerators() == 0) {
      throw new IllegalArgumentException(
          "what is compared with has no accelerators, and so no share of them is saved");
    }
    return 1
        - after.accelerators()
            / afterTokensPerSecond
            / (before.accelerators() / beforeTokensPerSecond);
  }
}
