package io.kvcache.bench.model;

/**
 * How many weights a model has and how many of them a token uses.
 *
 * @param total all of them
 * @param active those that one token is multiplied with; as many as {@code total} unless there are
 *     experts
 * @param experts routed experts of a layer, 0 or left out for a dense model
 * @param expertsPerToken routed experts that a token goes to
 * @param source who published the counts
 */
public record Parameters(
    double total, double active, Integer experts, Integer expertsPerToken, String source) {
  public Parameters {
    experts = experts == null ? 0 : experts;
    expertsPerToken = expertsPerToken == null ? 0 : expertsPerToken;
    if (!(active > 0) || !(total >= active) || Double.isInfinite(total)) {
      throw new IllegalArgumentException(
          "parameters: total " + total + ", active " + active + ": 0 < active <= total");
    }
    boolean dense = experts == 0 && expertsPerToken == 0 && total == active;
    boolean routed = expertsPerToken > 0 && expertsPerToken < experts;
    if (!dense && !routed) {
      throw new IllegalArgumentException(
          "parameters: total "
              + total
              + ", active "
              + active
              + ", "
              + expertsPerToken
              + " of "
              + experts
              + " experts per token: a dense model uses all and has none, another uses fewer");
    }
    if (source == null || source.isBlank()) {
      throw new IllegalArgumentException("parameters have no source: say who published them");
    }
  }

  /**
   * Weights that a step of {@code tokens} tokens reads: those every token uses, and of each layer's
   * experts those that at least one token is routed to, if the routing is even.
   */
  double read(int tokens) {
    if (experts == 0) {
      return total;
    }
    double share = (double) expertsPerToken / experts;
    double routed = (total - active) / (1 - share);
    return total - routed * Math.pow(1 - share, tokens);
  }
}
