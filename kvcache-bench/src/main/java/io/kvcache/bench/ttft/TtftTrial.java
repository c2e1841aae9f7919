package io.kvcache.bench.ttft;

import io.kvcache.bench.io.DiskSpace;
import io.kvcache.bench.io.Fio;
import io.kvcache.bench.io.IoResult;
import io.kvcache.bench.io.IoShape;
import io.kvcache.bench.io.IoTrial;
import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.io.TemporaryFolder;
import io.kvcache.spi.HostMemory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CancellationException;

/**
 * Measures a scenario in a directory: what the directory reads, then a prompt that is stored once
 * and restored, in part or whole, from every tier. In rounds, so that all of them meet the same
 * moods of the disk; the first is not counted. Everything that it writes is removed in the end. For
 * one thread.
 */
public final class TtftTrial {
  /** What must stay free while the prompt's files are there. */
  private static final long SPARE_BYTES = 64L << 20;

  private static final int FIRST_GUESS_BYTES = 4 << 20;
  private static final int FIRST_GUESS_FILES = 64;
  private static final int PASSES = 15;

  private final TtftScenario scenario;
  private final TtftSettings settings;

  /**
   * @throws IllegalArgumentException if what is asked for contradicts itself
   */
  public TtftTrial(TtftScenario scenario, TtftSettings settings) {
    this.scenario = scenario;
    this.settings = settings;
    if (!RequestClock.canBeInPlace(scenario.layout())
        && settings.tiers().stream().anyMatch(mix -> mix.hbm() > 0)) {
      throw new IllegalArgumentException(
          scenario.title()
              + " has layers with a window or a state, of which device memory holds no copy: leave"
              + " hbm out of the tiers");
    }
  }

  /** Hears how far a run is. */
  @FunctionalInterface
  public interface Watch {
    /**
     * Called now and then.
     *
     * @param phase what is under way
     * @param total steps of that
     * @return hears of those, and says whether to go on
     */
    RunWatch phase(String phase, long total);
  }

  /**
   * Measures; ends early, with the rounds that it has, if the watch says so.
   *
   * @throws IllegalArgumentException if disk or memory has no room for it
   * @throws CancellationException if it was to end before anything was stored
   */
  public TtftResult run(Watch watch) throws IOException, InterruptedException {
    if (settings.given() > 0) {
      return run(DirectoryBandwidth.given(settings.given()), null, watch);
    }
    if (Fio.unavailable().isPresent()) {
      IoShape guess = DirectoryReader.shape(settings, FIRST_GUESS_BYTES, FIRST_GUESS_FILES);
      return run(byStore(filesAt(byStore(guess, 1, watch)), PASSES, watch), null, watch);
    }
    IoShape files = filesAt(firstGuess(watch));
    long steps = files.images() * (PASSES + 2L);
    RunWatch progress = watch.phase("bandwidth", steps);
    try (DirectoryReader reader = DirectoryReader.write(settings, files, progress)) {
      DirectoryBandwidth before = reader.measure(PASSES, progress.after(files.images()));
      return run(before, reader, watch);
    }
  }

  /** What the directory reads, roughly: enough to know how large files will be. */
  private DirectoryBandwidth firstGuess(Watch watch) throws IOException, InterruptedException {
    IoShape files = DirectoryReader.shape(settings, FIRST_GUESS_BYTES, FIRST_GUESS_FILES);
    RunWatch progress = watch.phase("bandwidth, first guess", files.images() * 3L);
    try (DirectoryReader reader = DirectoryReader.write(settings, files, progress)) {
      return reader.measure(1, progress.after(files.images()));
    }
  }

  /** As many bytes as the prompt has, in files of its size. */
  private IoShape filesAt(DirectoryBandwidth bandwidth) {
    ScaledLayout layout =
        ScaledLayout.of(
            scenario.layout(), scenario.filesystemBytesPerSecond() / bandwidth.bytesPerSecond());
    long files = scenario.chunks() * layout.chunkBytes() / layout.imageBytes(0);
    return DirectoryReader.shape(settings, layout.imageBytes(0), Math.toIntExact(files));
  }

  private DirectoryBandwidth byStore(IoShape files, int passes, Watch watch)
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

  /**
   * @param reader null where there is none
   */
  private TtftResult run(DirectoryBandwidth before, DirectoryReader reader, Watch watch)
      throws IOException, InterruptedException {
    BandwidthScale scale =
        new BandwidthScale(scenario.filesystemBytesPerSecond(), before.bytesPerSecond());
    ScaledLayout layout = ScaledLayout.of(scenario.layout(), scale.k());
    requireRoom(layout);
    try (TemporaryFolder work = TemporaryFolder.in(settings.directory());
        ScaledRun requests =
            new ScaledRun(
                work.path(),
                scenario,
                scale,
                settings.store(),
                settings.workers(),
                settings.memory())) {
      return new Run(before, reader, scale, requests, watch).measure();
    }
  }

  private void requireRoom(ScaledLayout layout) throws IOException {
    DiskSpace.require(
        settings.directory(),
        (long) scenario.chunks() * layout.layout().groups().size(),
        layout.chunkBytes() / layout.layout().groups().size(),
        SPARE_BYTES,
        "use fewer tokens, or a filesystem of more GB/s, which makes k greater");
    HostMemory memory = settings.memory().open();
    // Every other tier is a part of that, and a device's copy is in host memory too.
    long bytes = scenario.chunks() * layout.chunkBytes() * 5 / 4;
    if (bytes > memory.limitBytes()) {
      throw new IllegalArgumentException(
          String.format(
              "%,d MB of chunks in memory are more than %s has, %,d MB: use fewer tokens, or a"
                  + " filesystem of more GB/s, or %s",
              bytes / 1_000_000, memory, memory.limitBytes() / 1_000_000, memory.remedy(bytes)));
    }
  }

  /** A row that is being measured. */
  private record Cell(TierMix mix, int reuse) {}

  /** One run, once k is known. */
  private final class Run {
    private final DirectoryBandwidth before;
    private final DirectoryReader reader;
    private final BandwidthScale scale;
    private final ScaledRun requests;
    private final Watch watch;
    private final Map<Cell, List<Paired>> served = new LinkedHashMap<>();
    private final List<Double> passes = new ArrayList<>();
    private int rounds;

    Run(
        DirectoryBandwidth before,
        DirectoryReader reader,
        BandwidthScale scale,
        ScaledRun requests,
        Watch watch) {
      this.before = before;
      this.reader = reader;
      this.scale = scale;
      this.requests = requests;
      this.watch = watch;
      for (TierMix mix : settings.tiers()) {
        for (int reuse : settings.reusePercents()) {
          if (!mix.none()) {
            served.put(new Cell(mix, reuse), new ArrayList<>());
          }
        }
      }
    }

    TtftResult measure() throws IOException, InterruptedException {
      requests.store(1, watch.phase("storing", scenario.chunks()));
      ScaledRun.Verified verified = requests.verify(watch.phase("verifying", scenario.chunks()));
      try {
        rounds();
      } catch (CancellationException e) {
        // What is whole counts.
      }
      return new TtftResult(
          scenario,
          before,
          passes.isEmpty() ? Optional.empty() : Optional.of(reader.summary(passes)),
          scale,
          requests.layout(),
          requests.mode(),
          requests.notCold(),
          verified.bytes(),
          verified.wrong(),
          rounds,
          rows());
    }

    private void rounds() throws IOException, InterruptedException {
      long steps = (settings.rounds() + 1L) * Math.max(1, served.size());
      RunWatch progress = watch.phase("requests", steps);
      long done = 0;
      for (int round = 0; round <= settings.rounds(); round++) {
        Map<Cell, Paired> whole = new LinkedHashMap<>();
        for (Cell cell : served.keySet()) {
          whole.put(cell, serve(cell, progress.after(done)));
          if (!progress.goOn(++done)) {
            throw new CancellationException("ended in round " + round);
          }
        }
        if (round > 0) {
          whole.forEach((cell, one) -> served.get(cell).add(one));
          whole.values().forEach(one -> one.directory().ifPresent(passes::add));
          rounds = round;
        }
      }
    }

    private Paired serve(Cell cell, RunWatch progress) throws IOException, InterruptedException {
      OptionalDouble directory = OptionalDouble.empty();
      try (ScaledRun.Prepared request = requests.prepare(cell.mix, cell.reuse)) {
        if (reader != null && cell.mix.file() > 0) {
          directory =
              OptionalDouble.of(reader.measure(1, read -> progress.goOn(0)).bytesPerSecond());
        }
        return new Paired(request.serve(), directory);
      }
    }

    private List<TtftRow> rows() {
      List<TtftRow> rows = new ArrayList<>();
      for (TierMix mix : settings.tiers()) {
        for (int reuse : settings.reusePercents()) {
          if (mix.none()) {
            rows.add(TtftRow.baseline(reuse, scenario, scale, requests.layout()));
          } else if (rounds > 0) {
            List<Paired> all = served.get(new Cell(mix, reuse));
            rows.add(TtftRow.of(mix, reuse, all, scenario, scale, requests.layout()));
          }
        }
      }
      return rows;
    }
  }
}
