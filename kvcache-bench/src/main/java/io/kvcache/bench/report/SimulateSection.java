package io.kvcache.bench.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvcache.bench.chart.Axis;
import io.kvcache.bench.chart.LineChart;
import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.sim.CostModels;
import io.kvcache.bench.sim.Distribution;
import io.kvcache.bench.sim.Ratios;
import io.kvcache.bench.sim.Scenario;
import io.kvcache.bench.sim.ScenarioFile;
import io.kvcache.bench.sim.ServingCost;
import io.kvcache.bench.sim.SimResult;
import io.kvcache.bench.sim.Simulation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** The shipped scenarios of clusters, each with its variants. */
final class SimulateSection implements ReportSection {
  private static final int QUICK_REQUESTS = 300;
  private static final List<String> SCENARIOS = List.of("s1-guide", "s0-deepseek-r1", "s1-llm-d");

  /** A variant that ran to its end. */
  private record Ran(String name, String cost, SimResult result) {}

  /** A scenario with those of its variants that ran. */
  private record Compared(String name, Scenario scenario, List<Ran> variants) {
    Ratios ratios(Ran variant) {
      return Ratios.of(variant.result(), variants.get(0).result());
    }
  }

  private static List<ScenarioFile> files(ReportContext context) {
    try {
      if (context.quick()) {
        return List.of(
            ScenarioFile.open(SCENARIOS.get(0))
                .with("workload.requests", String.valueOf(QUICK_REQUESTS)));
      }
      List<ScenarioFile> files = new ArrayList<>();
      for (String name : SCENARIOS) {
        files.add(ScenarioFile.open(name));
      }
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException("a shipped scenario cannot be read", e);
    }
  }

  @Override
  public String name() {
    return "simulate";
  }

  @Override
  public String title() {
    return "Simulated clusters";
  }

  @Override
  public Kind kind() {
    return Kind.SIMULATED;
  }

  @Override
  public String command(ReportContext context) {
    String fewer = context.quick() ? " --set workload.requests=" + QUICK_REQUESTS : "";
    return files(context).stream()
        .map(
            file ->
                "java -jar kvcache-bench.jar simulate --scenario "
                    + file.name()
                    + " --seed "
                    + ReportContext.SEED
                    + fewer)
        .collect(Collectors.joining("\n"));
  }

  @Override
  public SectionResult run(ReportContext context) throws IOException {
    List<Compared> all = new ArrayList<>();
    boolean on = true;
    for (ScenarioFile file : files(context)) {
      List<Ran> ran = new ArrayList<>();
      for (ScenarioFile.Variant variant : file.variants()) {
        on = on && run(context, file.name(), variant, ran);
      }
      if (!ran.isEmpty()) {
        all.add(new Compared(file.name(), file.variants().get(0).scenario(), ran));
      }
    }
    if (all.isEmpty()) {
      throw new CancellationException("ended before the first variant");
    }
    List<Figure> figures = new ArrayList<>();
    for (Compared compared : all) {
      figures.add(table(compared));
      figures.add(Figure.of(Kind.SIMULATED, chart(compared)));
    }
    return new SectionResult(notes(context, all), figures, json(all));
  }

  /** Adds the variant if it ran to its end; whether to go on. */
  private static boolean run(
      ReportContext context, String name, ScenarioFile.Variant variant, List<Ran> ran)
      throws IOException {
    ServingCost cost = CostModels.shipped().of(variant.scenario());
    Simulation simulation = new Simulation(variant.scenario(), cost, ReportContext.SEED);
    RunWatch watch = context.watch().phase(name + ", " + variant.name(), simulation.requests());
    boolean[] on = {true};
    SimResult result =
        simulation.run(
            done -> {
              on[0] = watch.goOn(done);
              return on[0];
            });
    if (on[0]) {
      context.simulated().put(variant.scenario(), result);
      ran.add(new Ran(variant.name(), cost.basis(), result));
    }
    return on[0];
  }

  private static List<String> notes(ReportContext context, List<Compared> all) {
    Set<String> notes = new LinkedHashSet<>();
    notes.add(
        "Virtual time: tiers and eviction are the library's own, without bytes; seconds of prefill"
            + " and decode come from the cost model, those of transfers from bandwidths that"
            + " requests share. Seed "
            + ReportContext.SEED
            + " gives these figures on every machine.");
    if (context.quick()) {
      notes.add(
          "Quick: one scenario and "
              + QUICK_REQUESTS
              + " of its requests, too few for caches to fill; its ratios are not the scenario's.");
    }
    for (Compared compared : all) {
      notes.add(compared.name() + ": " + compared.scenario().description() + ".");
      compared.scenario().assumptions().forEach(each -> notes.add(compared.name() + ": " + each));
      compared.variants().forEach(ran -> notes.add(compared.name() + ": cost of " + ran.cost()));
    }
    return List.copyOf(notes);
  }

  private static Figure table(Compared compared) {
    String first = compared.variants().get(0).name();
    List<String> columns = new ArrayList<>();
    columns.add("");
    compared.variants().forEach(ran -> columns.add(ran.name()));
    List<List<String>> rows = new ArrayList<>();
    Map<String, ToDoubleFunction<SimResult>> figures = new LinkedHashMap<>();
    figures.put("time to first token, mean, s", result -> result.ttft().mean());
    figures.put("the same of 90 in 100 requests at most, s", result -> result.ttft().p90());
    figures.put("whole request, mean, s", result -> result.latency().mean());
    figures.put("requests/s", SimResult::requestsPerSecond);
    figures.put("prompt tokens/s", SimResult::inputTokensPerSecond);
    figures.put("generated tokens/s", SimResult::outputTokensPerSecond);
    figures.put("found, share of the prompts' tokens", SimResult::hitRatio);
    figures.put("found in accelerators' memory (HBM)", SimResult::hbmHitRatio);
    figures.put("found in host memory (DRAM)", SimResult::dramHitRatio);
    figures.put("found in the filesystem", SimResult::filesystemHitRatio);
    figures.put("GPU-hours of computing", SimResult::busyGpuHours);
    figures.forEach(
        (title, figure) ->
            rows.add(row(title, compared, ran -> figure.applyAsDouble(ran.result()))));
    Map<String, ToDoubleFunction<Ratios>> ratios = new LinkedHashMap<>();
    ratios.put("time to first token", Ratios::ttftMean);
    ratios.put("whole request", Ratios::latencyMean);
    ratios.put("tokens/s", Ratios::tokensPerSecond);
    ratios.put("GPU-hours of a request", Ratios::busyGpuHoursPerRequest);
    ratios.forEach(
        (title, ratio) ->
            rows.add(
                row(
                    title + ", times that of " + first,
                    compared,
                    ran -> ratio.applyAsDouble(compared.ratios(ran)))));
    return Figure.of(
        compared.name() + ": the cluster with each kind of cache",
        Kind.SIMULATED,
        new Table(columns, rows));
  }

  private static List<String> row(String title, Compared compared, ToDoubleFunction<Ran> figure) {
    List<String> row = new ArrayList<>();
    row.add(title);
    compared.variants().forEach(ran -> row.add(Figure.number(figure.applyAsDouble(ran))));
    return row;
  }

  private static LineChart chart(Compared compared) {
    List<LineChart.Line> lines = new ArrayList<>();
    for (Ran ran : compared.variants()) {
      Distribution ttft = ran.result().ttft();
      lines.add(
          LineChart.Line.of(
              ran.name(),
              new double[] {50, 90, 99},
              new double[] {ttft.p50(), ttft.p90(), ttft.p99()}));
    }
    return new LineChart(
        compared.name() + ", requests from the fastest to the slowest",
        Axis.between("percentile of the requests"),
        Axis.linear("time to first token, s"),
        lines);
  }

  private static ObjectNode json(List<Compared> all) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("seed", ReportContext.SEED);
    ArrayNode runs = node.putArray("runs");
    for (Compared compared : all) {
      for (Ran ran : compared.variants()) {
        ObjectNode run = runs.addObject();
        run.put("scenario", compared.name()).put("variant", ran.name()).put("cost", ran.cost());
        run.set("result", ReportFiles.JSON.valueToTree(ran.result()));
        run.set("ratios", ReportFiles.JSON.valueToTree(compared.ratios(ran)));
      }
    }
    return node;
  }
}
