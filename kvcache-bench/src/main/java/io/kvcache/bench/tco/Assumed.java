package io.kvcache.bench.tco;

/**
 * A number that is no price, and why it is taken.
 *
 * @param value a finite number above 0
 * @param source where it is from
 */
public record Assumed(double value, String source) {
  public Assumed {
    Prices.require("source of " + value, source);
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(value + " (" + source + "): a finite number above 0");
    }
  }
}
