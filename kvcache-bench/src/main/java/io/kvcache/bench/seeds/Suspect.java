package io.kvcache.bench.seeds;

/**
 * The constant of a scenario that decides a claim, and that nobody published.
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
