package io.kvcache.bench.seeds;

import io.kvcache.bench.io.SlotMemory;
import io.kvcache.bench.io.StoreKind;
import io.kvcache.bench.ttft.TierMix;
import io.kvcache.bench.ttft.TtftResult;
import io.kvcache.bench.ttft.TtftScenario;
import io.kvcache.bench.ttft.TtftSettings;
import io.kvcache.bench.ttft.TtftTrial;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;

/**
 * The same restores from files of a directory with many I/O threads and with few. They take turns,
 * many, few, few, many, so that a disk that gets slower or faster is the same to both.
 */
final class MeasuredThreads {
  private static final int ROUNDS = 3;

  private final Path directory;
  private final double given;
  private final TtftTrial.Watch watch;

  /**
   * @param given what the directory reads, in bytes per second; 0 to measure it
   */
  MeasuredThreads(Path directory, double given, TtftTrial.Watch watch) {
    this.directory = directory;
    this.given = given;
    this.watch = watch;
  }

  /** How many times sooner a restore with many threads ends, and how that was found. */
  record Compared(double times, String basis) {}

  Compared run(StorageModel model, int many, int few) throws IOException, InterruptedException {
    List<Double> withMany = new ArrayList<>();
    List<Double> withFew = new ArrayList<>();
    TtftResult first = measure(model, many, given);
    // One bandwidth for all of them: their files have the same size.
    double bandwidth = first.before().bytesPerSecond();
    withMany.add(seconds(first));
    withFew.add(seconds(measure(model, few, bandwidth)));
    withFew.add(seconds(measure(model, few, bandwidth)));
    withMany.add(seconds(measure(model, many, bandwidth)));
    TtftScenario scenario = model.scenario();
    return new Compared(
        mean(withFew) / mean(withMany),
        String.format(
            Locale.ROOT,
            "%s; restore of %d %% of %,d tokens from files of %,d KB: %s s with %d threads, %s s"
                + " with %d, medians of %d rounds each in turns, %s store; k = %.1f, a filesystem of"
                + " %.0f GB/s over %.2f GB/s here (%s)",
            model.title(),
            model.highReuse(),
            scenario.promptTokens(),
            first.layout().chunkBytes() / 1000,
            list(withMany),
            many,
            list(withFew),
            few,
            ROUNDS,
            StoreKind.best().label(),
            first.scale().k(),
            scenario.filesystemBytesPerSecond() / 1e9,
            bandwidth / 1e9,
            first.before().by()));
  }

  private TtftResult measure(StorageModel model, int threads, double bandwidth)
      throws IOException, InterruptedException {
    TtftSettings settings =
        new TtftSettings(
            directory,
            StoreKind.best(),
            SlotMemory.best(),
            threads,
            List.of(TierMix.parse("file")),
            List.of(model.highReuse()),
            ROUNDS,
            bandwidth);
    TtftResult result = new TtftTrial(model.scenario(), settings).run(watch);
    if (result.wrongBytes() > 0) {
      throw new IllegalStateException(result.wrongBytes() + " bytes came back wrong");
    }
    if (result.rounds() < ROUNDS) {
      throw new CancellationException("ended with " + threads + " I/O threads");
    }
    return result;
  }

  private static double seconds(TtftResult result) {
    return result.rows().get(0).median().measuredSeconds();
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(v -> v).average().orElseThrow();
  }

  private static String list(List<Double> seconds) {
    return String.join(
        " and ", seconds.stream().map(s -> String.format(Locale.ROOT, "%.3f", s)).toList());
  }
}
