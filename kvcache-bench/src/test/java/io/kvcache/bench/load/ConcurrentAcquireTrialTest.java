package io.kvcache.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ConcurrentAcquireTrialTest {
  private final StringWriter out = new StringWriter();

  private int run(String options) {
    return ConcurrentAcquireTrial.run(new PrintWriter(out, true), options.split(" "));
  }

  @Test
  void aShortOnePrintsBothRatios() {
    assertEquals(0, run("--rounds 1 --warmup-rounds 0 --slice-ms 50"), out::toString);
    assertTrue(out.toString().contains("2 threads / two hash chains: "), out::toString);
    assertTrue(out.toString().contains("8 threads / 2 threads:"), out::toString);
  }

  @Test
  void badSettingsAreRefused() {
    assertEquals(2, run("--rounds 0"));
  }
}
