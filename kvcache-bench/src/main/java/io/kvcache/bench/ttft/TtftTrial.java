package io.kvcache.bench.ttft;

import io.kvcache.bench.io.DiskSpace;
import io.kvcache.bench.io.IoFailedException;
import io.kvcache.bench.io.MemoryRoom;
import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.io.SlotMemory;
import io.kvcache.bench.io.TemporaryFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    try (MeasuredDirectory directory = MeasuredDirectory.open(scenario, settings, watch)) {
      BandwidthScale scale = directory.scale();
      requireRoom(ScaledLayout.of(scenario.layout(), scale.k()));
      try (TemporaryFolder work = TemporaryFolder.in(settings.directory());
          ScaledRun requests =
              new ScaledRun(
                  work.path(),
                  scenario,
                  scale,
                  settings.store(),
                  settings.workers(),
                  settings.memory())) {
        return new Run(directory, requests, watch).measure();
      }
    }
  }

  private void requireRoom(ScaledLayout layout) throws IOException {
    DiskSpace.require(
        settings.directory(),
        (long) scenario.chunks() * layout.layout().groups().size(),
        layout.chunkBytes() / layout.layout().groups().size(),
        SPARE_BYTES,
        "use fewer tokens, or a filesystem of more GB/s, which makes k greater");
    long bytes = scenario.chunks() * layout.chunkBytes();
    String remedy = "use fewer tokens, or a filesystem of more GB/s";
    // The other tiers are a part of that; staging comes on top.
    MemoryRoom.require(settings.memory().open(), bytes * 5 / 4, remedy);
    // A simulated device is in the JVM's own memory, and has room for two of what it holds.
    long device =
        settings.tiers().stream()
                .mapToLong(mix -> 2L * mix.hbmChunks(scenario.chunks()))
                .max()
                .orElse(0)
            * layout.chunkBytes();
    boolean both = settings.memory() == SlotMemory.JVM;
    MemoryRoom.require(
        SlotMemory.JVM.open(), device + (both ? bytes * 5 / 4 : 0), remedy + ", or leave hbm out");
  }

  /** A row that is being measured. */
  private record Cell(TierMix mix, int reuse) {}

  /** One run, once k is known. */
  private final class Run {
    private final MeasuredDirectory directory;
    private final ScaledRun requests;
    private final Watch watch;
    private final Map<Cell, List<Paired>> served = new LinkedHashMap<>();
    private final List<Double> passes = new ArrayList<>();
    private int rounds;

    Run(MeasuredDirectory directory, ScaledRun requests, Watch watch) {
      this.directory = directory;
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
      if (verified.bytes() == 0) {
        throw new IoFailedException("nothing of the prompt came back from files");
      }
      try {
        rounds();
      } catch (CancellationException e) {
        // What is whole counts.
      }
      return new TtftResult(
          scenario,
          directory.before(),
          directory.during(passes),
          directory.scale(),
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
      try (ScaledRun.Prepared request = requests.prepare(cell.mix, cell.reuse)) {
        // Right before the request, so that both meet the disk in the same mood.
        OptionalDouble now =
            cell.mix.file() > 0 ? directory.now(read -> progress.goOn(0)) : OptionalDouble.empty();
        Served one = request.serve();
        require(cell, one);
        return new Paired(one, now);
      }
    }

    /** A restore that is shorter than it should be would pass for a fast one. */
    private void require(Cell cell, Served one) {
      int expected = requests.tokens(cell.reuse);
      if (one.tokens() < expected - 1 && requests.endsAnywhere()) {
        throw new IoFailedException(
            String.format(
                "%s at %d %%: %,d tokens were restored, of %,d: %s",
                cell.mix.name(), cell.reuse, one.tokens(), expected, one.tokensByTier()));
      }
    }

    private List<TtftRow> rows() {
      List<TtftRow> rows = new ArrayList<>();
      for (TierMix mix : settings.tiers()) {
        for (int reuse : settings.reusePercents()) {
          if (mix.none()) {
            rows.add(TtftRow.baseline(reuse, scenario, directory.scale(), requests.layout()));
          } else if (rounds > 0) {
            List<Paired> all = served.get(new Cell(mix, reuse));
            rows.add(TtftRow.of(mix, reuse, all, scenario, directory.scale(), requests.layout()));
          }
        }
      }
      return rows;
    }
  }
}
