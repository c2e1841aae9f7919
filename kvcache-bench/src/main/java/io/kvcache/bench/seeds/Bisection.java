package io.kvcache.bench.seeds;

import java.util.OptionalDouble;
import java.util.function.DoubleUnaryOperator;

/**
 * The value of one constant at which a figure is what is claimed, to about two in a hundred either
 * way.
 */
final class Bisection {
  private static final double PRECISION = 1.05;
  private static final int MOST_STEPS = 40;

  private Bisection() {}

  /**
   * @param figure rising or falling between the two
   * @param target what it should be
   * @param from least value, above 0
   * @param to greatest value
   * @return empty if it is not between the figures at both ends
   */
  static OptionalDouble find(DoubleUnaryOperator figure, double target, double from, double to) {
    double low = from;
    double high = to;
    double atLow = figure.applyAsDouble(low) - target;
    double atHigh = figure.applyAsDouble(high) - target;
    if (!(atLow * atHigh <= 0)) {
      return OptionalDouble.empty();
    }
    for (int step = 0; step < MOST_STEPS && high / low > PRECISION; step++) {
      double middle = Math.sqrt(low * high);
      double atMiddle = figure.applyAsDouble(middle) - target;
      if (atLow * atMiddle <= 0) {
        high = middle;
      } else {
        low = middle;
        atLow = atMiddle;
      }
    }
    return OptionalDouble.of(Math.sqrt(low * high));
  }
}
