package io.kvcache.bench.ttft;

import io.kvcache.KvCache;
import io.kvcache.KvSink;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import io.kvcache.bench.device.SimulatedDevice;
import io.kvcache.bench.io.DiskSpace;
import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.jmh.TemporaryFolder;
import io.kvcache.bench.replay.KeyedBytes;
import io.kvcache.spi.HostMemory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.LockSupport;

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
  private static final Duration COPY_LATENCY = Duration.ofNanos(10_000);
  private static final long PROMOTION_NANOS = 60_000_000_000L;

  private final TtftScenario scenario;
  private final TtftSettings settings;
  private final Prompts prompts;

  /**
   * @throws IllegalArgumentException if what is asked for contradicts itself
   */
  public TtftTrial(TtftScenario scenario, TtftSettings settings) {
    this.scenario = scenario;
    this.settings = settings;
    this.prompts = new Prompts(scenario.promptTokens(), scenario.layout().chunkTokens());
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
        ScaledCache caches =
            new ScaledCache(
                work.path(), settings.store(), settings.workers(), layout, settings.memory())) {
      return new Run(before, scale, layout, caches, watch).measure();
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
    private final ScaledLayout layout;
    private final ScaledCache caches;
    private final Watch watch;
    private final EngineMemory engine;
    private final Map<Cell, List<Served>> served = new LinkedHashMap<>();
    private Optional<String> notCold = Optional.empty();
    private long verified;
    private long wrong;
    private int rounds;

    Run(
        DirectoryBandwidth before,
        BandwidthScale scale,
        ScaledLayout layout,
        ScaledCache caches,
        Watch watch) {
      this.before = before;
      this.scale = scale;
      this.layout = layout;
      this.caches = caches;
      this.watch = watch;
      this.engine =
          new EngineMemory(scale.here(scenario.linkBytesPerSecond()), layout.largestRows());
      for (TierMix mix : settings.tiers()) {
        for (int reuse : settings.reusePercents()) {
          if (!mix.none()) {
            served.put(new Cell(mix, reuse), new ArrayList<>());
          }
        }
      }
    }

    TtftResult measure() throws IOException, InterruptedException {
      store();
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
          layout,
          caches.mode(),
          notCold,
          verified,
          wrong,
          rounds,
          rows());
    }

    private void store() throws IOException {
      int[] prompt = prompts.stored(0);
      try (ScaledCache.Opened all = caches.open(scenario.chunks(), null, 0)) {
        ScaledCache.store(all.cache(), prompt);
      }
      notCold = caches.makeCold();
      try (ScaledCache.Opened none = caches.open(scenario.chunks(), null, 0)) {
        verify(none.cache(), prompt);
      }
    }

    private void verify(KvCache cache, int[] prompt) {
      PromptKeys keys = cache.keys(prompt);
      KvSink compare =
          (layer, part, from, count, rows) -> {
            verified += rows.remaining();
            wrong +=
                KeyedBytes.wrong(keys.chunk(from / count), ScaledCache.place(layer, part), rows);
          };
      try (PrefixLease lease = cache.acquire(keys)) {
        lease.restore(compare);
      }
    }

    private void rounds() throws IOException {
      long steps = (settings.rounds() + 1L) * Math.max(1, served.size());
      RunWatch progress = watch.phase("ttft", steps);
      long done = 0;
      for (int round = 0; round <= settings.rounds(); round++) {
        Map<Cell, Served> whole = new LinkedHashMap<>();
        for (Cell cell : served.keySet()) {
          whole.put(cell, serve(cell));
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

    private Served serve(Cell cell) throws IOException {
      int chunks = prompts.chunks(cell.reuse);
      int hbm = cell.mix.hbmChunks(chunks);
      SimulatedDevice device =
          hbm == 0
              ? null
              : new SimulatedDevice(
                  2 * hbm * layout.chunkBytes(),
                  scale.here(scenario.linkBytesPerSecond()),
                  COPY_LATENCY);
      try (ScaledCache.Opened opened = caches.open(Math.max(1, chunks), device, hbm)) {
        warm(opened.cache(), hbm);
        if (hbm > 0) {
          awaitPromotions(opened.cache(), (long) hbm * layout.layout().groups().size());
        }
        warm(opened.cache(), cell.mix.memoryChunks(chunks));
        notCold = caches.makeCold();
        return new RequestClock(scenario.prefill(), engine, hbm > 0)
            .serve(opened.cache(), prompts.reusing(0, cell.reuse));
      }
    }

    private void warm(KvCache cache, int chunks) {
      if (chunks > 0) {
        try (PrefixLease lease = cache.acquire(cache.keys(prompts.leading(0, chunks)))) {
          lease.restore((layer, part, from, count, rows) -> {});
        }
      }
    }

    private void awaitPromotions(KvCache cache, long images) {
      long end = System.nanoTime() + PROMOTION_NANOS;
      while (cache.stats().hbm().orElseThrow().slots().images() < images
          || cache.stats().hbm().orElseThrow().promotionsPending() > 0) {
        if (System.nanoTime() - end > 0) {
          throw new IllegalStateException("not everything came to the device: " + cache.stats());
        }
        LockSupport.parkNanos(1_000_000);
      }
    }

    private List<TtftRow> rows() {
      List<TtftRow> rows = new ArrayList<>();
      for (TierMix mix : settings.tiers()) {
        for (int reuse : settings.reusePercents()) {
          if (mix.none()) {
            rows.add(TtftRow.baseline(reuse, scenario, layout));
          } else if (rounds > 0) {
            List<Served> all = served.get(new Cell(mix, reuse));
            rows.add(TtftRow.of(mix, reuse, all, scenario, layout));
          }
        }
      }
      return rows;
    }
  }
}
