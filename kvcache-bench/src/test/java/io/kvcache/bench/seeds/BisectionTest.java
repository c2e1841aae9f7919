package io.kvcache.bench.seeds;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class BisectionTest {
  @Test
  void findsWhereARisingOrFallingFigureIsTheTarget() {
    assertEquals(9, Bisection.find(x -> x * x, 81, 1, 100).orElseThrow(), 9 * 0.03);
    assertEquals(20, Bisection.find(x -> 100 / x, 5, 1, 1000).orElseThrow(), 20 * 0.03);
  }

  @Test
  void findsNothingWhereTheFigureIsNeverTheTarget() {
    assertTrue(Bisection.find(x -> x, 200, 1, 100).isEmpty());
    assertTrue(Bisection.find(x -> Double.NaN, 200, 1, 100).isEmpty());
  }
}
