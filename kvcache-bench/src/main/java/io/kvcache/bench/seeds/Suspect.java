package io.kvcache.bench.seeds;

/**
 * A constant of a scenario that nobody published, and that may be why a claim is not reached.
 *
 * @param constant field of the scenario, with dots
 * @param from least value that is tried
 * @param to greatest value that is tried
 */
public record Suspect(String constant, double from, double to) {
  public Suspect {
    SourceDocument.require("constant", constant);
    if (!(from > 0) || !(to > from) || Double.isInfinite(to)) {
      throw new IllegalArgumentException(
          constant + ": from " + from + " to " + to + ": above 0, ascending");
    }
  }
}
