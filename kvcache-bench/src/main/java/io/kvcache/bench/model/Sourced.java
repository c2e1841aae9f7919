package io.kvcache.bench.model;

/**
 * A constant and where it comes from.
 *
 * @param value a finite number above 0
 * @param source who published it, or what it was assumed from
 */
public record Sourced(double value, String source) {
  public Sourced {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException("value " + value + ": a finite number above 0");
    }
    if (source == null || source.isBlank()) {
      throw new IllegalArgumentException(
          "value " + value + " has no source: say who published it or what it was assumed from");
    }
  }
}
