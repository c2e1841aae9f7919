package io.kvcache.bench.tinyllama;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class KernelsTest {
  @Test
  void shouldComputeExpAsMathDoes() {
    for (float x = -87f; x < 88f; x += 0.0137f) {
      double exact = Math.exp(x);
      assertEquals(exact, Kernels.exp(x), exact * 3e-7, "exp(" + x + ")");
    }
    assertEquals(1f, Kernels.exp(0f));
    assertEquals(0f, Kernels.exp(Float.NEGATIVE_INFINITY));
    assertEquals(Float.POSITIVE_INFINITY, Kernels.exp(89f));
  }
}
