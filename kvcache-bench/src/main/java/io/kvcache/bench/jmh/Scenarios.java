package io.kvcache.bench.jmh;

import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.Precision;
import io.kvcache.bench.ttft.BandwidthScale;
import io.kvcache.bench.ttft.ScaledRun;
import io.kvcache.bench.ttft.TtftScenario;
import java.util.Locale;

/** What the benchmarks of scenarios have in common. */
final class Scenarios {
  private Scenarios() {}

  static Deployment deployment(String model, String accelerator, int width) {
    return new Deployment(
        Catalogue.models().named(model),
        Catalogue.accelerators().named(accelerator),
        Precision.BF16,
        width);
  }

  static void print(TtftScenario scenario, BandwidthScale scale, ScaledRun run) {
    System.out.println(
        String.format(
            Locale.ROOT,
            "%s: k = %.4g, %.4g GB/s over %.4g GB/s; %,d bytes per token / k = %,.1f, in files"
                + " %,.1f (%+.2f %%)",
            scenario.title(),
            scale.k(),
            scale.scenarioBytesPerSecond() / 1e9,
            scale.measuredBytesPerSecond() / 1e9,
            run.layout().realBytesPerToken(),
            run.layout().exactBytesPerToken(),
            run.layout().fileBytesPerToken(),
            run.layout().rounding() * 100));
  }
}
