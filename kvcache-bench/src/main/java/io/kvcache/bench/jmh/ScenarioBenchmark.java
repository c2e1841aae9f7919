package io.kvcache.bench.jmh;

import io.kvcache.bench.io.DiskSpace;
import io.kvcache.bench.io.MemoryRoom;
import io.kvcache.bench.io.PageCache;
import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.io.SlotMemory;
import io.kvcache.bench.io.StoreKind;
import io.kvcache.bench.io.TemporaryFolder;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.Precision;
import io.kvcache.bench.ttft.BandwidthScale;
import io.kvcache.bench.ttft.DirectoryBandwidth;
import io.kvcache.bench.ttft.MeasuredDirectory;
import io.kvcache.bench.ttft.ScaledLayout;
import io.kvcache.bench.ttft.ScaledRun;
import io.kvcache.bench.ttft.TierMix;
import io.kvcache.bench.ttft.TtftScenario;
import io.kvcache.bench.ttft.TtftSettings;
import io.kvcache.bench.ttft.TtftTrial;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A scenario at this directory's scale, which a benchmark of requests runs on. */
@State(Scope.Benchmark)
public abstract class ScenarioBenchmark {
  private static final long SPARE_BYTES = 64L << 20;

  /** What a client of the engine has to copy into. */
  private static final long ENGINE_BYTES = 64L << 20;

  private static final int MOST_PROMPTS = 1000;
  private static final int MOST_CLIENTS = 256;
  private static final int REMOVALS = 50;
  private static final long REMOVAL_NANOS = 20_000_000;

  /** A directory on the disk to use. */
  @Param({"/tmp"})
  public String directory;

  /** What it reads, in 10^9 bytes per second; 0 to measure it, in each fork anew. */
  @Param({"0"})
  public double directoryGbPerS;

  /** What the scenario's filesystem reads. */
  @Param({"100"})
  public double scenarioGbPerS;

  /** A model of the catalogue. */
  @Param({"llama-3.3-70b"})
  public String model;

  /** An accelerator of the catalogue. */
  @Param({"h100"})
  public String accelerator;

  /** How many of them. */
  @Param({"8"})
  public int width;

  /** Tokens of a prompt. */
  @Param({"50000"})
  public int promptTokens;

  /** Tokens of a chunk. */
  @Param({"256"})
  public int chunkTokens;

  /** Whose system calls. */
  @Param({"LUSTRE"})
  public StoreKind store;

  /** Where slots are; what {@link #directoryGbPerS} says is of the same. */
  @Param({"LARGE"})
  public SlotMemory memory;

  /** I/O threads. */
  @Param({"8"})
  public int workers;

  private final Thread atJvmsEnd = new Thread(this::removeFolder, "remove the prompts");
  private volatile boolean ending;
  private TemporaryFolder folder;

  /** The scenario, with its prompts stored. */
  ScaledRun run;

  /**
   * Checks what is asked for, stores prompts, and says what will be measured. JMH calls no
   * tear-down where a set-up throws, so whatever happens here nothing stays.
   *
   * @param mix where requests find their reused chunks
   * @param reuse percent of a prompt that was seen before
   * @param prompts how many are stored
   * @param clients how many serve requests
   * @param dramPercent share of all reused chunks that memory is to have room for
   */
  void openRun(TierMix mix, int reuse, int prompts, int clients, int dramPercent)
      throws IOException {
    Path parent = Path.of(directory);
    TtftScenario scenario = scenario();
    TtftSettings settings = settings(scenario, mix, reuse, parent);
    require("prompts", prompts, 1, MOST_PROMPTS);
    require("concurrency", clients, 1, MOST_CLIENTS);
    require("dramPercent", dramPercent, 0, 100);
    BandwidthScale scale = scale(scenario, settings);
    ScaledLayout layout = ScaledLayout.of(scenario.layout(), scale.k());
    requireDisk(layout, parent, prompts);
    // One prompt whole at least, since that is how they are stored.
    double inMemory = Math.max(1, prompts * reuse / 100.0 * dramPercent / 100);
    requireMemory(layout, mix, inMemory, clients);
    folder = TemporaryFolder.in(parent);
    // Neither Ctrl-C nor a request that fails lets JMH call the tear-down.
    Runtime.getRuntime().addShutdownHook(atJvmsEnd);
    try {
      run = new ScaledRun(folder.path(), scenario, scale, store, workers, memory);
      run.store(prompts, RunWatch.NONE);
      print(scenario, scale);
    } catch (IOException | RuntimeException | Error e) {
      closeRun();
      throw e;
    }
  }

  /** k, of what is said or else measured here and now. */
  private BandwidthScale scale(TtftScenario scenario, TtftSettings settings) throws IOException {
    try (MeasuredDirectory measured =
        MeasuredDirectory.open(scenario, settings, (phase, total) -> RunWatch.NONE)) {
      DirectoryBandwidth before = measured.before();
      System.out.println(
          String.format(
              Locale.ROOT,
              "%s reads %.4g GB/s (%s, %.4g to %.4g in %d passes): -p directoryGbPerS=%.4g says that"
                  + " to other runs",
              directory,
              before.bytesPerSecond() / 1e9,
              before.by(),
              before.lowest() / 1e9,
              before.highest() / 1e9,
              before.passes(),
              before.bytesPerSecond() / 1e9));
      return measured.scale();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while " + directory + " was measured");
    }
  }

  private TtftScenario scenario() {
    Deployment deployment =
        new Deployment(
            Catalogue.models().named(model),
            Catalogue.accelerators().named(accelerator),
            Precision.BF16,
            width);
    return TtftScenario.of(deployment, chunkTokens, scenarioGbPerS * 1e9, promptTokens, 0);
  }

  /** Refuses what the ttft command would refuse, by asking the same. */
  private TtftSettings settings(TtftScenario scenario, TierMix mix, int reuse, Path parent) {
    if (!Files.isDirectory(parent)) {
      throw new IllegalArgumentException("directory=" + directory + " is none: name one");
    }
    List<TierMix> tiers = List.of(mix);
    TtftSettings settings =
        new TtftSettings(
            parent, store, memory, workers, tiers, List.of(reuse), 1, directoryGbPerS * 1e9);
    new TtftTrial(scenario, settings);
    return settings;
  }

  /** Refuses a number out of its bounds. */
  private static void require(String parameter, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          parameter + "=" + value + ": from " + least + " to " + most);
    }
  }

  private void requireDisk(ScaledLayout layout, Path parent, int prompts) throws IOException {
    int groups = layout.layout().groups().size();
    DiskSpace.require(
        parent,
        (long) prompts * (promptTokens / chunkTokens) * groups,
        layout.chunkBytes() / groups,
        SPARE_BYTES,
        "use fewer tokens or prompts, or a filesystem of more GB/s, which makes k greater");
  }

  private void requireMemory(ScaledLayout layout, TierMix mix, double prompts, int clients) {
    double bytes = prompts * (promptTokens / chunkTokens) * layout.chunkBytes();
    // A simulated device is in memory too, with room for two copies; staging takes a quarter.
    double all = bytes * (mix.hbm() > 0 ? 3 : 1) * 5 / 4 + (clients + 1.0) * ENGINE_BYTES;
    MemoryRoom.require(
        memory.open(),
        (long) all,
        "use fewer tokens, prompts or clients, or a filesystem of more GB/s");
  }

  private void print(TtftScenario scenario, BandwidthScale scale) throws IOException {
    ScaledLayout layout = run.layout();
    System.out.println(
        String.format(
            Locale.ROOT,
            "%s: k = %.4g, %.4g GB/s over %.4g GB/s; %,d bytes per token / k = %,.1f, in files"
                + " %,.1f (%+.2f %%) of %,d bytes",
            scenario.title(),
            scale.k(),
            scale.scenarioBytesPerSecond() / 1e9,
            scale.measuredBytesPerSecond() / 1e9,
            layout.realBytesPerToken(),
            layout.exactBytesPerToken(),
            layout.fileBytesPerToken(),
            layout.rounding() * 100,
            layout.imageBytes(0)));
    System.out.println(
        "I/O: "
            + run.mode()
            + "; "
            + PageCache.makeCold(folder.path(), run.mode().direct())
                .map(why -> "reads are NOT COLD: " + why)
                .orElse("files are cold when a run begins"));
  }

  /** Removes everything. */
  void closeRun() throws IOException {
    try {
      if (run != null) {
        run.close();
      }
    } finally {
      folder.close();
      Runtime.getRuntime().removeShutdownHook(atJvmsEnd);
    }
  }

  /** Begins no request any more once the JVM is ending: it would bring files back. */
  void holdAtJvmsEnd() {
    while (ending) {
      LockSupport.park(this);
    }
  }

  private void removeFolder() {
    ending = true;
    IOException last = null;
    for (int i = 0; i < REMOVALS && Files.exists(folder.path()); i++) {
      try {
        folder.close();
        return;
      } catch (IOException e) {
        last = e; // a request that is under way still writes there
        LockSupport.parkNanos(REMOVAL_NANOS);
      }
    }
    if (last != null) {
      System.err.println("not everything was removed: " + last);
    }
  }
}
