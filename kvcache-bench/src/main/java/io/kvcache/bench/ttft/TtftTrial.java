package io.kvcache.bench.ttft;

import io.kvcache.bench.io.DiskSpace;
import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.jmh.TemporaryFolder;
import io.kvcache.spi.HostMemory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  private static final long PASS_BYTES = 256L << 20;
  private static final long FIRST_GUESS_BYTES = 4L << 20;
  private static final int BANDWIDTH_ROUNDS = 5;

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
    DirectoryBandwidth before = bandwidth(watch);
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
      return new Run(before, scale, requests, watch).measure();
    }
  }

  /** Measured twice: once to learn how large files will be, and then in files of that size. */
  private DirectoryBandwidth bandwidth(Watch watch) throws IOException, InterruptedException {
    if (settings.given() > 0) {
      return DirectoryBandwidth.given(settings.given());
    }
    DirectoryBandwidth.Plan guess = plan(FIRST_GUESS_BYTES, 1);
    double first = guess.run(watch.phase("bandwidth, first guess", guess.steps())).bytesPerSecond();
    DirectoryBandwidth.Plan plan =
        plan(
            ScaledLayout.of(scenario.layout(), scenario.filesystemBytesPerSecond() / first)
                .imageBytes(0),
            BANDWIDTH_ROUNDS);
    return plan.run(watch.phase("bandwidth", plan.steps()));
  }

  private DirectoryBandwidth.Plan plan(long fileBytes, int rounds) {
    return new DirectoryBandwidth.Plan(
        settings.directory(),
        settings.store(),
        settings.memory(),
        settings.workers(),
        fileBytes,
        PASS_BYTES,
        rounds);
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
    private final BandwidthScale scale;
    private final ScaledRun requests;
    private final Watch watch;
    private final Map<Cell, List<Served>> served = new LinkedHashMap<>();
    private int rounds;

    Run(DirectoryBandwidth before, BandwidthScale scale, ScaledRun requests, Watch watch) {
      this.before = before;
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
      requests.store(1);
      ScaledRun.Verified verified = requests.verify();
      Optional<DirectoryBandwidth> after = Optional.empty();
      try {
        rounds();
        if (settings.given() == 0) {
          DirectoryBandwidth.Plan plan = plan(before.fileBytes(), 1);
          after = Optional.of(plan.run(watch.phase("bandwidth, once more", plan.steps())));
        }
      } catch (CancellationException e) {
        // What is whole counts.
      }
      return new TtftResult(
          scenario,
          before,
          after,
          scale,
          requests.layout(),
          requests.mode(),
          requests.notCold(),
          verified.bytes(),
          verified.wrong(),
          rounds,
          rows());
    }

    private void rounds() throws IOException {
      long steps = (settings.rounds() + 1L) * Math.max(1, served.size());
      RunWatch progress = watch.phase("requests", steps);
      long done = 0;
      for (int round = 0; round <= settings.rounds(); round++) {
        Map<Cell, Served> whole = new LinkedHashMap<>();
        for (Cell cell : served.keySet()) {
          try (ScaledRun.Prepared request = requests.prepare(cell.mix, cell.reuse)) {
            whole.put(cell, request.serve());
          }
          if (!progress.goOn(++done)) {
            throw new CancellationException("ended in round " + round);
          }
        }
        if (round > 0) {
          whole.forEach((cell, one) -> served.get(cell).add(one));
          rounds = round;
        }
      }
    }

    private List<TtftRow> rows() {
      List<TtftRow> rows = new ArrayList<>();
      for (TierMix mix : settings.tiers()) {
        for (int reuse : settings.reusePercents()) {
          if (mix.none()) {
            rows.add(TtftRow.baseline(reuse, scenario, requests.layout()));
          } else if (rounds > 0) {
            List<Served> all = served.get(new Cell(mix, reuse));
            rows.add(TtftRow.of(mix, reuse, all, scenario, requests.layout()));
          }
        }
      }
      return rows;
    }
  }
}
