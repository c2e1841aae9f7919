package io.kvcache.bench.cli;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.sim.CostModels;
import io.kvcache.bench.sim.Ratios;
import io.kvcache.bench.sim.Scenario;
import io.kvcache.bench.sim.ScenarioFile;
import io.kvcache.bench.sim.ServingCost;
import io.kvcache.bench.sim.SimResult;
import io.kvcache.bench.sim.Simulation;
import io.kvcache.lustre.cli.CommandLineException;
import io.kvcache.lustre.cli.Interruption;
import io.kvcache.lustre.cli.Output;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Simulates clusters of inference servers, with and without what the cache adds. */
@Command(
    name = "simulate",
    description = {
      "Simulates the clusters of a scenario in virtual time: tiers and eviction are the library's"
          + " own, without bytes; seconds of prefill and decode come from the cost model, those of"
          + " transfers from bandwidths that requests share. Everything is simulated, nothing"
          + " measured. One seed gives one result.",
      "",
      "Scenarios: s1-llm-d, s0-deepseek-r1, s1-guide, trace (needs --trace), or a JSON file.",
      "",
      "A scenario's fields: nodes, accelerators_per_node; model, accelerator, precision, or cost"
          + " (coefficients); chunk_tokens; hbm (kv_bytes, cache); dram (bytes,"
          + " link_bytes_per_second); filesystem (capacity_bytes, read_bytes_per_second,"
          + " write_bytes_per_second, node_bytes_per_second, request_seconds); lookup_seconds;"
          + " overhead_seconds; routing (kind: prefix|random|least_loaded, prefix_weight); batch"
          + " (max_sequences, step_tokens, ahead); workload: trace, block_tokens, outputs,"
          + " time_scale, repeat, or requests, requests_per_second, prefixes, hit_share, zipf,"
          + " prefix_tokens, question_tokens, output_tokens, stored; and concurrency with either;"
          + " warm_up; description, assumptions. Models with window or state layers are refused. variants is an object of objects, each with the"
          + " fields that differ (null takes one away); ratios are to the first.",
      "",
      "Ctrl-C ends the run early and prints what it has.",
      ""
    })
final class SimulateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private Output output;

  @Option(
      names = "--scenario",
      required = true,
      paramLabel = "NAME|FILE",
      description = "What to simulate.")
  private String name;

  @Option(
      names = "--trace",
      paramLabel = "F",
      description =
          "Take the requests from here: one JSON object per line, as for replay, with timestamps in"
              + " milliseconds.")
  private Path trace;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of what is left to chance; default ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "Another value for a field, with dots: filesystem.read_bytes_per_second=2e10,"
              + " variants.dram.dram.bytes=1e12. Any number of times.")
  private List<String> settings = List.of();

  @Option(
      names = "--models",
      paramLabel = "F",
      description = "Models from this file instead of those that come with the program.")
  private Path models;

  @Option(
      names = "--accelerators",
      paramLabel = "F",
      description = "Accelerators from this file instead of those that come with the program.")
  private Path accelerators;

  private record Result(
      String scenario,
      List<String> settings,
      String description,
      String kind,
      long seed,
      boolean complete,
      List<String> assumptions,
      List<VariantResult> variants) {}

  /** Ratios are to the first variant; above 1 is more. */
  private record VariantResult(
      String name, String cost, boolean complete, @JsonUnwrapped SimResult result, Ratios ratios) {}

  @Override
  public Integer call() {
    try {
      ScenarioFile file = file();
      CostModels costs = costs();
      List<ScenarioFile.Variant> variants = file.variants();
      try (Interruption interruption = new Interruption()) {
        Result result = run(file.name(), variants, costs, interruption);
        output.print(result, text -> print(result, text));
      }
      return 0;
    } catch (IllegalArgumentException e) {
      throw new CommandLineException(e.getMessage(), e);
    } catch (NoSuchFileException e) {
      throw new CommandLineException(e.getFile() + ": there is no such file", e);
    } catch (IOException e) {
      throw new CommandLineException(e.getMessage(), e);
    }
  }

  private ScenarioFile file() throws IOException {
    ScenarioFile file = ScenarioFile.open(name);
    for (String setting : settings) {
      int equals = setting.indexOf('=');
      if (equals < 1) {
        throw new CommandLineException("--set " + setting + ": KEY=VALUE");
      }
      file = file.with(setting.substring(0, equals), setting.substring(equals + 1));
    }
    return trace == null ? file : file.withTrace(trace);
  }

  private CostModels costs() throws IOException {
    return new CostModels(
        models == null ? Catalogue.models() : Catalogue.models(models),
        accelerators == null ? Catalogue.accelerators() : Catalogue.accelerators(accelerators));
  }

  private Result run(
      String scenarioName,
      List<ScenarioFile.Variant> variants,
      CostModels costs,
      Interruption interruption)
      throws IOException {
    List<VariantResult> results = new ArrayList<>();
    PrintWriter err = spec.commandLine().getErr();
    boolean complete = true;
    for (ScenarioFile.Variant variant : variants) {
      if (interruption.asked()) {
        complete = false;
        break;
      }
      ServingCost cost = costs.of(variant.scenario());
      Simulation simulation = new Simulation(variant.scenario(), cost, seed);
      int[] ended = new int[1];
      SimResult result;
      try (Progress progress =
          new Progress("simulate " + variant.name(), simulation.requests(), err)) {
        result =
            simulation.run(
                done -> {
                  ended[0] = done;
                  progress.at(done);
                  return !interruption.asked();
                });
      }
      boolean whole = ended[0] == simulation.requests();
      complete &= whole;
      // Ended in its warm-up, a variant has figures of nothing.
      boolean measured = result.requests() + result.refused() > 0;
      if (!whole) {
        err.printf(
            "simulate: %s ended after %,d of %,d requests%s%n",
            variant.name(),
            ended[0],
            simulation.requests(),
            measured ? "" : ", all of them warm-up: it has no figures");
      }
      if (whole || measured) {
        SimResult base = results.isEmpty() ? result : results.get(0).result();
        results.add(
            new VariantResult(
                variant.name(), cost.basis(), whole, result, Ratios.of(result, base)));
      }
    }
    Scenario first = variants.get(0).scenario();
    List<String> changes = changes();
    List<String> assumptions = new ArrayList<>(first.assumptions());
    if (!changes.isEmpty() && !assumptions.isEmpty()) {
      assumptions.add(
          0, "these are the scenario's own; what was changed holds, whatever they say about it");
    }
    return new Result(
        scenarioName,
        changes,
        first.description(),
        "simulated",
        seed,
        complete,
        assumptions,
        results);
  }

  /** What the command line says otherwise than the scenario. */
  private List<String> changes() {
    List<String> changes = new ArrayList<>(settings);
    named(changes, "trace", trace);
    named(changes, "models", models);
    named(changes, "accelerators", accelerators);
    return changes;
  }

  private static void named(List<String> changes, String what, Path file) {
    if (file != null) {
      changes.add(what + "=" + file);
    }
  }

  private static void print(Result result, PrintWriter text) {
    text.println(result.scenario + ", simulated with seed " + result.seed);
    if (!result.settings.isEmpty()) {
      text.println("changed: " + String.join(", ", result.settings));
    }
    if (!result.complete) {
      text.println("partial: the run was cut short" + cut(result));
    }
    if (result.description != null) {
      text.println(result.description);
    }
    result.variants.stream()
        .map(VariantResult::cost)
        .distinct()
        .forEach(cost -> text.println("cost model: " + cost));
    if (!result.variants.isEmpty()) {
      figures(result, text);
    }
    if (!result.assumptions.isEmpty()) {
      text.println();
      result.assumptions.forEach(assumption -> text.println("* " + assumption));
    }
  }

  private static String cut(Result result) {
    if (result.variants.isEmpty()) {
      return ", and nothing was measured";
    }
    VariantResult last = result.variants.get(result.variants.size() - 1);
    return last.complete
        ? " after " + last.name
        : " in " + last.name + ", of which there is the beginning";
  }

  private static void figures(Result result, PrintWriter text) {
    text.println();
    text.printf("%-26s", "");
    result.variants.forEach(v -> text.printf("%18s", v.name));
    text.println();
    count(result, text, "requests", SimResult::requests);
    if (result.variants.stream().anyMatch(v -> v.result.refused() > 0)) {
      count(result, text, "  refused", SimResult::refused);
    }
    row(result, text, "TTFT mean, s", "%18.3f", r -> r.ttft().mean());
    row(result, text, "  p50", "%18.3f", r -> r.ttft().p50());
    row(result, text, "  p90", "%18.3f", r -> r.ttft().p90());
    row(result, text, "  p99", "%18.3f", r -> r.ttft().p99());
    row(result, text, "end to end mean, s", "%18.3f", r -> r.latency().mean());
    row(result, text, "  p90", "%18.3f", r -> r.latency().p90());
    row(result, text, "requests/s", "%18.3f", SimResult::requestsPerSecond);
    row(result, text, "tokens/s in", "%,18.0f", SimResult::inputTokensPerSecond);
    row(result, text, "tokens/s out", "%,18.0f", SimResult::outputTokensPerSecond);
    row(result, text, "hit ratio", "%18.3f", SimResult::hitRatio);
    row(result, text, "  HBM", "%18.3f", SimResult::hbmHitRatio);
    row(result, text, "  DRAM", "%18.3f", SimResult::dramHitRatio);
    row(result, text, "  filesystem", "%18.3f", SimResult::filesystemHitRatio);
    row(result, text, "GPU-hours", "%,18.2f", SimResult::gpuHours);
    row(result, text, "  busy", "%,18.2f", SimResult::busyGpuHours);
    row(result, text, "utilisation", "%18.3f", SimResult::utilisation);
    row(result, text, "GB read", "%,18.1f", r -> r.bytesRead() / 1e9);
    row(result, text, "GB written", "%,18.1f", r -> r.bytesWritten() / 1e9);
    row(result, text, "GB/s read at most", "%,18.2f", r -> r.peakReadBytesPerSecond() / 1e9);
    row(result, text, "in the system, mean", "%18.1f", SimResult::meanInSystem);
    row(result, text, "longest queue of a node", "%,18.0f", SimResult::longestQueue);
    if (result.variants.size() > 1) {
      text.println();
      text.println("ratio to " + result.variants.get(0).name);
      ratio(result, text, "TTFT", Ratios::ttftMean);
      ratio(result, text, "end to end", Ratios::latencyMean);
      ratio(result, text, "tokens/s", Ratios::tokensPerSecond);
      ratio(result, text, "busy GPU-hours/request", Ratios::busyGpuHoursPerRequest);
    }
  }

  private static void row(
      Result result,
      PrintWriter text,
      String title,
      String format,
      ToDoubleFunction<SimResult> figure) {
    text.printf("%-26s", title);
    result.variants.forEach(
        v ->
            text.print(
                measured(v, String.format(Locale.ROOT, format, figure.applyAsDouble(v.result)))));
    text.println();
  }

  private static void count(
      Result result, PrintWriter text, String title, ToDoubleFunction<SimResult> figure) {
    text.printf("%-26s", title);
    result.variants.forEach(v -> text.printf("%,18.0f", figure.applyAsDouble(v.result)));
    text.println();
  }

  /** Where every request was refused there are no figures of any. */
  private static String measured(VariantResult variant, String figure) {
    return variant.result.requests() == 0 ? "%18s".formatted("-") : figure;
  }

  private static void ratio(
      Result result, PrintWriter text, String title, ToDoubleFunction<Ratios> figure) {
    text.printf("  %-24s", title);
    result.variants.forEach(
        v ->
            text.print(
                measured(v, String.format(Locale.ROOT, "%18.3f", figure.applyAsDouble(v.ratios)))));
    text.println();
  }
}
