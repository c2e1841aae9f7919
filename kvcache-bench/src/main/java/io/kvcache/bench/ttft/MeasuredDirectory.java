package io.kvcache.bench.ttft;

import io.kvcache.bench.io.Fio;
import io.kvcache.bench.io.IoResult;
import io.kvcache.bench.io.IoShape;
import io.kvcache.bench.io.IoTrial;
import io.kvcache.bench.io.RunWatch;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CancellationException;

/**
 * What a directory reads before a run, of which k is made, and again whenever it is asked for. fio
 * measures it, or where there is none the store, or somebody said it; only fio can say it again.
 * Close it, to remove what it wrote. For one thread.
 */
public final class MeasuredDirectory implements AutoCloseable {
  private static final int FIRST_GUESS_BYTES = 4 << 20;
  private static final int FIRST_GUESS_FILES = 64;
  private static final int PASSES = 15;

  private final TtftScenario scenario;
  private final DirectoryBandwidth before;
  private final Optional<DirectoryReader> reader;

  private MeasuredDirectory(
      TtftScenario scenario, DirectoryBandwidth before, Optional<DirectoryReader> reader) {
    this.scenario = scenario;
    this.before = before;
    this.reader = reader;
  }

  /**
   * Measures, unless somebody said it. Twice: once to learn how large files will be, and then in
   * files of that size, as many as the prompt has.
   *
   * @throws IllegalArgumentException if there is no room for it
   * @throws CancellationException if it was to end before that
   */
  public static MeasuredDirectory open(
      TtftScenario scenario, TtftSettings settings, TtftTrial.Watch watch)
      throws IOException, InterruptedException {
    if (settings.given() > 0) {
      DirectoryBandwidth said = DirectoryBandwidth.given(settings.given());
      return new MeasuredDirectory(scenario, said, Optional.empty());
    }
    IoShape guess = DirectoryReader.shape(settings, FIRST_GUESS_BYTES, FIRST_GUESS_FILES);
    if (Fio.unavailable().isPresent()) {
      IoShape files = filesOf(scenario, settings, byStore(settings, guess, 1, watch));
      DirectoryBandwidth found = byStore(settings, files, PASSES, watch);
      return new MeasuredDirectory(scenario, found, Optional.empty());
    }
    IoShape files = filesOf(scenario, settings, byFio(settings, guess, watch));
    RunWatch progress = watch.phase("bandwidth", files.images() * (PASSES + 2L));
    DirectoryReader reader = DirectoryReader.write(settings, files, progress);
    try {
      DirectoryBandwidth found = reader.measure(PASSES, progress.after(files.images()));
      return new MeasuredDirectory(scenario, found, Optional.of(reader));
    } catch (IOException | InterruptedException | RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  /** As many bytes as the prompt would have at that bandwidth, in files of its size. */
  private static IoShape filesOf(
      TtftScenario scenario, TtftSettings settings, DirectoryBandwidth bandwidth) {
    BandwidthScale scale = scale(scenario, bandwidth);
    ScaledLayout layout = ScaledLayout.of(scenario.layout(), scale.k());
    long files = scenario.chunks() * layout.chunkBytes() / layout.imageBytes(0);
    return DirectoryReader.shape(settings, layout.imageBytes(0), Math.toIntExact(files));
  }

  private static DirectoryBandwidth byFio(
      TtftSettings settings, IoShape files, TtftTrial.Watch watch)
      throws IOException, InterruptedException {
    RunWatch progress = watch.phase("bandwidth, first guess", files.images() * 3L);
    try (DirectoryReader reader = DirectoryReader.write(settings, files, progress)) {
      return reader.measure(1, progress.after(files.images()));
    }
  }

  private static DirectoryBandwidth byStore(
      TtftSettings settings, IoShape files, int passes, TtftTrial.Watch watch)
      throws IOException, InterruptedException {
    IoTrial trial =
        new IoTrial(
            settings.directory(),
            files,
            List.of(settings.store()),
            settings.memory(),
            false,
            passes);
    IoResult result = trial.run(watch.phase("bandwidth", trial.steps()));
    if (result.rounds() < passes) {
      throw new CancellationException("ended while the directory was measured");
    }
    IoResult.Store store = result.stores().get(0);
    return DirectoryBandwidth.of(
        store.measured().reads().stream().map(read -> read.mbPerSecond() * 1e6).toList(),
        "store",
        files.imageBytes(),
        files.threads(),
        null,
        store.warm().orElse(null));
  }

  /** What it read before the run. */
  public DirectoryBandwidth before() {
    return before;
  }

  /** k. */
  public BandwidthScale scale() {
    return scale(scenario, before);
  }

  private static BandwidthScale scale(TtftScenario scenario, DirectoryBandwidth bandwidth) {
    return new BandwidthScale(scenario.filesystemBytesPerSecond(), bandwidth.bytesPerSecond());
  }

  /**
   * What it reads at this moment, in bytes per second: the second of two passes over the files.
   * After a pause disks may be fast for a while; the first uses that up.
   */
  OptionalDouble now(RunWatch watch) throws IOException, InterruptedException {
    return reader.isPresent()
        ? OptionalDouble.of(reader.get().measure(1, watch).bytesPerSecond())
        : OptionalDouble.empty();
  }

  /** Such moments together; empty if there were none. */
  Optional<DirectoryBandwidth> during(List<Double> moments) {
    return moments.isEmpty() ? Optional.empty() : reader.map(files -> files.summary(moments));
  }

  @Override
  public void close() throws IOException {
    if (reader.isPresent()) {
      reader.get().close();
    }
  }
}
