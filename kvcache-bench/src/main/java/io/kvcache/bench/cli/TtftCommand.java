package io.kvcache.bench.cli;

import io.kvcache.KvLayout;
import io.kvcache.bench.chart.ChartFiles;
import io.kvcache.bench.io.IoFailedException;
import io.kvcache.bench.io.SlotMemory;
import io.kvcache.bench.io.StoreKind;
import io.kvcache.bench.report.Environment;
import io.kvcache.bench.ttft.TierMix;
import io.kvcache.bench.ttft.TtftChart;
import io.kvcache.bench.ttft.TtftResult;
import io.kvcache.bench.ttft.TtftScenario;
import io.kvcache.bench.ttft.TtftSettings;
import io.kvcache.bench.ttft.TtftTrial;
import io.kvcache.lustre.cli.CommandLineException;
import io.kvcache.lustre.cli.Interruption;
import io.kvcache.lustre.cli.Output;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures restores of a scenario in a directory, and adds the modelled prefill. */
@Command(
    name = "ttft",
    description = {
      "Time to first token of a scenario: a model on accelerators beside a filesystem of some"
          + " bandwidth. The library moves real bytes through real tiers, in a directory here;"
          + " prefill is modelled and added.",
      "",
      "One number scales: k, the scenario's bandwidth over that of this directory, which is"
          + " measured first, by fio or without it by the store. Bytes per token are divided by k,"
          + " so that a restore takes here as long as the scenario's would there.",
      "",
      "Each measurement has a new cache that holds nothing, over memory that was used before."
          + " \"restore\" is how far what was measured is from bytes over bandwidth alone; \"TTFT"
          + " off\" how far the time to first token is from that plus the prefill; \"paired\" the"
          + " same with what fio read right before each request.",
      "",
      "All files are removed in the end, also after Ctrl-C, and so is the directory if it did not"
          + " exist.",
      ""
    })
final class TtftCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private Output output;

  @Option(
      names = "--dir",
      required = true,
      paramLabel = "D",
      description = "A directory on the disk to use; made if it does not exist.")
  private Path directory;

  @Mixin private DeploymentOptions deployment;

  @Option(
      names = "--bandwidth-gb-per-s",
      defaultValue = "100",
      paramLabel = "X",
      description =
          "What the scenario's filesystem reads for this instance, in 10^9 bytes per second;"
              + " default ${DEFAULT-VALUE}.")
  private double bandwidth;

  @Option(
      names = "--directory-gb-per-s",
      paramLabel = "B",
      description = "What the directory reads, if it is not to be measured.")
  private Double given;

  @Option(
      names = "--overhead-ms",
      defaultValue = "0",
      paramLabel = "MS",
      description = "What every request takes beside its tokens; default ${DEFAULT-VALUE}.")
  private double overheadMs;

  @Option(
      names = "--tokens",
      defaultValue = "50000",
      paramLabel = "N",
      description = "Tokens of a prompt; default ${DEFAULT-VALUE}.")
  private int tokens;

  @Option(
      names = "--chunk-tokens",
      defaultValue = "" + KvLayout.DEFAULT_CHUNK_TOKENS,
      paramLabel = "C",
      description = "Tokens of a chunk; default ${DEFAULT-VALUE}.")
  private int chunkTokens;

  @Option(
      names = "--reuse",
      defaultValue = "0,25,50,75,90,95,99",
      paramLabel = "R,...",
      description = "Percent of the prompt that was seen before; default ${DEFAULT-VALUE}.")
  private String reuse;

  @Option(
      names = "--tiers",
      defaultValue = "none,file,dram,hbm",
      paramLabel = "T,...",
      description =
          "Where that is: hbm (a simulated device), dram, file, none (no cache), or mixtures such"
              + " as dram:50+file:50; default ${DEFAULT-VALUE}.")
  private String tiers;

  @Option(
      names = "--store",
      paramLabel = "nio|lustre",
      description = "Through the JDK, or native calls; default lustre where there is native code.")
  private String store;

  @Option(
      names = "--memory",
      paramLabel = "jvm|large",
      description =
          "Where slots are: in the JVM's direct memory, or in huge pages, which is the default where"
              + " there is native code. fio's buffers are in pages of the same size: a disk may give"
              + " twice as much in huge ones.")
  private String memory;

  @Option(
      names = "--workers",
      defaultValue = "8",
      paramLabel = "N",
      description = "I/O threads, of fio as well; default ${DEFAULT-VALUE}.")
  private int workers;

  @Option(
      names = "--rounds",
      defaultValue = "5",
      paramLabel = "R",
      description = "Rounds that count; default ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where ttft-light.svg, ttft-dark.svg and results.json are to be written.")
  private Path out;

  @Override
  public Integer call() throws IOException, InterruptedException {
    StoreKind kind = kind();
    TtftTrial trial = trial(kind);
    if (out != null) {
      OutputDirectory.make("--out", out);
    }
    try (Interruption interruption = new Interruption()) {
      NewDirectory made = NewDirectory.make("--dir", directory);
      try {
        TtftResult result = run(trial, interruption);
        return result == null ? 1 : report(result, kind, Environment.of(directory));
      } finally {
        made.remove();
      }
    }
  }

  /** The result; null if it was to end before there was any. */
  private TtftResult run(TtftTrial trial, Interruption interruption)
      throws IOException, InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    try (Phases phases = new Phases("ttft", err, interruption)) {
      return trial.run(phases::begin);
    } catch (CancellationException e) {
      err.println("ttft: " + e.getMessage() + ": nothing was measured");
      return null;
    } catch (IllegalArgumentException | IoFailedException e) {
      throw new CommandLineException("--dir " + directory + ": " + e.getMessage(), e);
    }
  }

  private StoreKind kind() {
    try {
      return store == null ? StoreKind.best() : StoreKind.named(store);
    } catch (IllegalArgumentException e) {
      throw new CommandLineException("--store " + e.getMessage(), e);
    }
  }

  private TtftTrial trial(StoreKind kind) {
    try {
      TtftScenario scenario =
          TtftScenario.of(
              deployment.deployment(), chunkTokens, bandwidth * 1e9, tokens, overheadMs / 1e3);
      if (given != null && !(given > 0)) {
        throw new IllegalArgumentException("--directory-gb-per-s " + given + ": more than 0");
      }
      return new TtftTrial(
          scenario,
          new TtftSettings(
              directory,
              kind,
              slots(),
              workers,
              TierMix.parseAll(tiers),
              reusePercents(),
              rounds,
              given == null ? 0 : given * 1e9));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new CommandLineException(e.getMessage(), e);
    }
  }

  private SlotMemory slots() {
    try {
      return SlotMemory.named(memory);
    } catch (IllegalArgumentException e) {
      throw new CommandLineException("--memory " + e.getMessage(), e);
    }
  }

  private List<Integer> reusePercents() {
    return Arrays.stream(reuse.split(",", -1)).map(TtftCommand::percent).toList();
  }

  private static int percent(String text) {
    try {
      return Integer.parseInt(text.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "--reuse \"" + text + "\": whole percent from 0 to 100, separated by commas", e);
    }
  }

  private int report(TtftResult result, StoreKind kind, Environment environment)
      throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    if (result.rounds() < rounds) {
      err.printf("ttft: ended after %d of %d rounds%n", result.rounds(), rounds);
    }
    TtftReport report = TtftReport.of(result, kind.label(), slots().label(), workers, environment);
    output.print(report, report::print);
    if (out != null) {
      Files.writeString(out.resolve("results.json"), Output.json(report) + "\n");
      if (!result.rows().isEmpty()) {
        ChartFiles.write(out, "ttft", TtftChart.of(result));
      }
    }
    if (result.wrongBytes() > 0) {
      err.printf("ttft: %,d bytes came back WRONG%n", result.wrongBytes());
      return 1;
    }
    return result.rounds() == 0 ? 1 : 0;
  }
}
