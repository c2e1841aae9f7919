package io.kvcache.bench.seeds;

import io.kvcache.bench.io.SlotMemory;
import io.kvcache.bench.io.StoreKind;
import io.kvcache.bench.ttft.DirectoryBandwidth;
import io.kvcache.bench.ttft.TierMix;
import io.kvcache.bench.ttft.TtftResult;
import io.kvcache.bench.ttft.TtftRow;
import io.kvcache.bench.ttft.TtftScenario;
import io.kvcache.bench.ttft.TtftSettings;
import io.kvcache.bench.ttft.TtftTrial;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;

/** Restores from files of a directory, at the bandwidth's scale; each scenario once. */
final class MeasuredRestores {
  private static final int WORKERS = 8;
  private static final int ROUNDS = 5;

  private final Path directory;
  private final double given;
  private final TtftTrial.Watch watch;
  private final Map<String, Restore> known = new HashMap<>();
  private boolean cut;

  /**
   * @param given what the directory reads, in bytes per second; 0 to measure it
   */
  MeasuredRestores(Path directory, double given, TtftTrial.Watch watch) {
    this.directory = directory;
    this.given = given;
    this.watch = watch;
  }

  /** How much sooner the first token is there, and how that was found. */
  record Restore(double ttftSeconds, double baselineSeconds, String basis) {}

  /** Whether a measurement was ended with fewer rounds than it was to have. */
  boolean isCut() {
    return cut;
  }

  Restore run(StorageModel model) throws IOException, InterruptedException {
    // Two documents with the same constants are one measurement.
    String key = model.title() + model.describe();
    if (!known.containsKey(key)) {
      known.put(key, measure(model.scenario(), model.highReuse()));
    }
    return known.get(key);
  }

  private Restore measure(TtftScenario scenario, int reuse)
      throws IOException, InterruptedException {
    StoreKind store = StoreKind.best();
    TtftSettings settings =
        new TtftSettings(
            directory,
            store,
            SlotMemory.best(),
            WORKERS,
            List.of(TierMix.parse("file")),
            List.of(reuse),
            ROUNDS,
            given);
    TtftResult result = new TtftTrial(scenario, settings).run(watch);
    if (result.wrongBytes() > 0) {
      throw new IllegalStateException(result.wrongBytes() + " bytes came back wrong");
    }
    if (result.rows().isEmpty()) {
      throw new CancellationException("ended before a restore was measured");
    }
    cut |= result.rounds() < ROUNDS;
    TtftRow row = result.rows().get(0);
    return new Restore(
        row.median().ttftSeconds(),
        row.baselineSeconds(),
        String.format(
            Locale.ROOT,
            "restore of %d %% of %,d tokens from files measured with real bytes (%.3f s, median of"
                + " %d of %d rounds, %s store), each divided by k = %.1f: a filesystem of %.0f GB/s over %.2f"
                + " GB/s here (%s); prefill of the rest and of the whole modelled (%.3f s and %.3f"
                + " s); bytes over bandwidth alone are %.3f s, %s",
            reuse,
            scenario.promptTokens(),
            row.median().measuredSeconds(),
            result.rounds(),
            ROUNDS,
            store.label(),
            result.scale().k(),
            scenario.filesystemBytesPerSecond() / 1e9,
            result.before().bytesPerSecond() / 1e9,
            result.before().by(),
            row.median().prefillSeconds(),
            row.baselineSeconds(),
            row.retrievalSeconds(),
            trust(result, row)));
  }

  /** What else the directory says: whether the restore flatters. */
  private static String trust(TtftResult result, TtftRow row) {
    String during =
        result
            .during()
            .map(b -> String.format(Locale.ROOT, "fio read %.2f GB/s between rounds", bps(b)))
            .orElse("the directory was not measured in between");
    return String.format(
        Locale.ROOT,
        "%s; the time to first token is %.3f s, and would be %.3f s with those instead of the restore%s",
        during,
        row.median().ttftSeconds(),
        row.formulaSeconds(),
        row.deviation() < -0.1 ? ": the disk was faster than k takes it to be" : "");
  }

  private static double bps(DirectoryBandwidth bandwidth) {
    return bandwidth.bytesPerSecond() / 1e9;
  }
}
