package io.kvcache.bench.jmh;

import io.kvcache.bench.io.SlotMemory;
import io.kvcache.bench.io.StoreKind;
import io.kvcache.bench.io.TemporaryFolder;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.Precision;
import io.kvcache.bench.ttft.BandwidthScale;
import io.kvcache.bench.ttft.ScaledRun;
import io.kvcache.bench.ttft.TtftScenario;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A scenario at this directory's scale, which a benchmark of requests runs on. */
@State(Scope.Benchmark)
public abstract class ScenarioBenchmark {
  /** A directory on the disk to use. */
  @Param({"/tmp"})
  public String directory;

  /** What it reads. */
  @Param({"1.0"})
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

  /** Where slots are: measure {@link #directoryGbPerS} with the same. */
  @Param({"JVM"})
  public SlotMemory memory;

  /** I/O threads. */
  @Param({"8"})
  public int workers;

  private TemporaryFolder folder;

  /** The scenario, with nothing stored. */
  ScaledRun run;

  void openRun() throws IOException {
    BandwidthScale scale = new BandwidthScale(scenarioGbPerS * 1e9, directoryGbPerS * 1e9);
    Deployment deployment =
        new Deployment(
            Catalogue.models().named(model),
            Catalogue.accelerators().named(accelerator),
            Precision.BF16,
            width);
    TtftScenario scenario =
        TtftScenario.of(deployment, chunkTokens, scale.scenarioBytesPerSecond(), promptTokens, 0);
    folder = TemporaryFolder.in(Path.of(directory));
    run = new ScaledRun(folder.path(), scenario, scale, store, workers, memory);
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

  /** Removes everything. */
  void closeRun() throws IOException {
    try {
      run.close();
    } finally {
      folder.close();
    }
  }
}
