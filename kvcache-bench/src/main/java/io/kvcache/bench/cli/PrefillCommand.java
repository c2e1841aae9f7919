package io.kvcache.bench.cli;

import io.kvcache.bench.model.Calibration;
import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.MeasuredPrefill;
import io.kvcache.bench.model.MeasuredPrefills;
import io.kvcache.bench.model.PrefillCostModel;
import io.kvcache.bench.model.PrefillResidual;
import io.kvcache.lustre.cli.CommandLineException;
import io.kvcache.lustre.cli.Output;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Models prefills, compares them with published ones, and calibrates the model. */
@Command(
    name = "prefill",
    description = {
      "How long prefills take, modelled: a fixed overhead, operations over the accelerators' peak"
          + " times one efficiency, and sums between accelerators.",
      "",
      "Alone it prints published prefills and what the model says of them. With options of a"
          + " deployment it prints the prefills of --tokens after --reused. With --measured it"
          + " finds overhead and efficiency first, by least squares of the relative error over"
          + " prefills that were timed: a JSON array of {\"new_tokens\": 8192, \"reused_tokens\":"
          + " 0, \"seconds\": 0.7}, or lines 8192,0,0.7 in a file that ends in .csv. ttft takes"
          + " both as --overhead-ms and --efficiency.",
      ""
    })
final class PrefillCommand implements Callable<Integer> {
  private static final List<Long> TOKENS = List.of(8_192L, 32_768L, 131_072L);

  /** Options that say something of one deployment. */
  private static final List<String> OF_ONE =
      List.of(
          "--model",
          "--accelerator",
          "--precision",
          "--width",
          "--efficiency",
          "--tokens",
          "--reused",
          "--measured",
          "--overhead-ms");

  @Spec private CommandSpec spec;

  @Mixin private Output output;

  @Mixin private DeploymentOptions deployment;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      split = ",",
      description =
          "Tokens that are computed, one number or several; default 8192,32768,131072, with"
              + " --measured none.")
  private List<Long> tokens;

  @Option(
      names = "--reused",
      paramLabel = "P",
      split = ",",
      defaultValue = "0",
      description = "Tokens before them that are reused; default ${DEFAULT-VALUE}.")
  private List<Long> reused;

  @Option(
      names = "--measured",
      paramLabel = "FILE",
      description = "Prefills that were timed, to calibrate the model with.")
  private Path measured;

  @Option(
      names = "--overhead-ms",
      paramLabel = "MS",
      description = "What every request takes beside its tokens; default 0.")
  private Double overheadMs;

  @Override
  public Integer call() {
    try {
      if (OF_ONE.stream().noneMatch(this::given)) {
        PublishedPrefillReport report =
            PublishedPrefillReport.of(
                PrefillResidual.all(
                    deployment.catalogues().models(), deployment.catalogues().accelerators()));
        output.print(report, report::print);
      } else {
        check();
        PrefillReport report = ofOne();
        output.print(report, report::print);
      }
      return 0;
    } catch (IllegalArgumentException e) {
      throw new CommandLineException(e.getMessage(), e);
    }
  }

  private boolean given(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  private void check() {
    for (String needed : List.of("--model", "--accelerator")) {
      if (measured != null && !given(needed)) {
        throw new CommandLineException(
            "--measured needs " + needed + ": say what was timed, and --precision and --width");
      }
    }
    for (String found : List.of("--overhead-ms", "--efficiency")) {
      if (measured != null && given(found)) {
        throw new CommandLineException(found + " with --measured, which finds it: one of the two");
      }
    }
    if (tokens != null) {
      least("--tokens", tokens, 1);
    }
    least("--reused", reused, 0);
  }

  private static void least(String option, List<Long> values, long least) {
    for (long value : values) {
      if (value < least) {
        throw new CommandLineException(option + " " + value + ": " + least + " or more");
      }
    }
  }

  private PrefillReport ofOne() {
    Deployment shipped = deployment.deployment();
    if (measured == null) {
      PrefillCostModel model =
          new PrefillCostModel(shipped, overheadMs == null ? 0 : overheadMs / 1e3);
      return PrefillReport.of(model, tokens == null ? TOKENS : tokens, reused, List.of());
    }
    List<MeasuredPrefill> timed = InputFile.read("--measured", measured, MeasuredPrefills::read);
    Calibration fitted;
    try {
      fitted = Calibration.fit(shipped, timed);
    } catch (IllegalArgumentException e) {
      throw new CommandLineException("--measured " + measured + ": " + e.getMessage(), e);
    }
    return PrefillReport.of(
        fitted.model(),
        tokens == null ? List.of() : tokens,
        reused,
        PrefillReport.Measured.of(new PrefillCostModel(shipped, 0), fitted, timed));
  }
}
