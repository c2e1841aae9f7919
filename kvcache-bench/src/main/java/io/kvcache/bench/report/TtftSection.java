package io.kvcache.bench.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvcache.KvLayout;
import io.kvcache.bench.io.DiskSpace;
import io.kvcache.bench.io.SlotMemory;
import io.kvcache.bench.io.StoreKind;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.Precision;
import io.kvcache.bench.ttft.DirectoryBandwidth;
import io.kvcache.bench.ttft.TierMix;
import io.kvcache.bench.ttft.TtftChart;
import io.kvcache.bench.ttft.TtftResult;
import io.kvcache.bench.ttft.TtftRow;
import io.kvcache.bench.ttft.TtftScenario;
import io.kvcache.bench.ttft.TtftSettings;
import io.kvcache.bench.ttft.TtftTrial;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;

/** Time to first token of one scenario by reuse and tier. */
final class TtftSection implements ReportSection {
  private static final String MODEL = "llama-3.3-70b";
  private static final String ACCELERATOR = "h100";
  private static final int WIDTH = 8;
  private static final int WORKERS = 8;
  private static final double FILESYSTEM_BYTES_PER_SECOND = 100e9;
  private static final long SPARE_BYTES = 64L << 20;

  /** What a quick run takes the directory to read, which would take most of its time to measure. */
  private static final double QUICK_BYTES_PER_SECOND = 1e9;

  /** How far from the formula a restore may be before the page says that k does not hold. */
  private static final double TOO_FAST = -0.1;

  /** Files of the bandwidth's measurement, and of the prompt after them. */
  private static final int FILES = 8;

  private static final long FILE_BYTES = 64L << 20;

  private record Plan(int tokens, String reuse, String tiers, int rounds, double given) {
    static Plan of(ReportContext context) {
      return context.quick()
          ? new Plan(8192, "50,95", "none,file,dram", 1, QUICK_BYTES_PER_SECOND)
          : new Plan(50_000, "0,25,50,75,90,95,99", "none,file,dram,hbm", 5, 0);
    }

    TtftTrial trial(ReportContext context) {
      Deployment deployment =
          new Deployment(
              Catalogue.models().named(MODEL),
              Catalogue.accelerators().named(ACCELERATOR),
              Precision.BF16,
              WIDTH);
      TtftScenario scenario =
          TtftScenario.of(
              deployment, KvLayout.DEFAULT_CHUNK_TOKENS, FILESYSTEM_BYTES_PER_SECOND, tokens, 0);
      return new TtftTrial(
          scenario,
          new TtftSettings(
              context.directory(),
              StoreKind.best(),
              SlotMemory.best(),
              WORKERS,
              TierMix.parseAll(tiers),
              List.of(reuse.split(",")).stream().map(Integer::valueOf).toList(),
              rounds,
              given));
    }
  }

  @Override
  public String name() {
    return "ttft";
  }

  @Override
  public String title() {
    return "Time to first token";
  }

  @Override
  public Kind kind() {
    return Kind.MEASURED_AND_MODELLED;
  }

  @Override
  public String command(ReportContext context) {
    Plan plan = Plan.of(context);
    return String.format(
        Locale.ROOT,
        "java -jar kvcache-bench.jar ttft --dir DIR --model %s --accelerator %s --width %d"
            + " --bandwidth-gb-per-s %.0f --tokens %d --reuse %s --tiers %s --workers %d"
            + " --rounds %d%s",
        MODEL,
        ACCELERATOR,
        WIDTH,
        FILESYSTEM_BYTES_PER_SECOND / 1e9,
        plan.tokens(),
        plan.reuse(),
        plan.tiers(),
        WORKERS,
        plan.rounds(),
        plan.given() > 0
            ? String.format(Locale.ROOT, " --directory-gb-per-s %.0f", plan.given() / 1e9)
            : "");
  }

  @Override
  public void check(ReportContext context) throws IOException {
    DiskSpace.require(
        context.directory(),
        FILES,
        FILE_BYTES,
        SPARE_BYTES,
        "free some, or name another directory");
  }

  @Override
  public SectionResult run(ReportContext context) throws IOException, InterruptedException {
    Plan plan = Plan.of(context);
    TtftResult result = plan.trial(context).run(context.watch());
    if (result.rounds() == 0) {
      throw new CancellationException("ended before the first round");
    }
    return new SectionResult(notes(result), figures(result), json(result));
  }

  private static List<String> notes(TtftResult result) {
    List<String> notes = new ArrayList<>();
    TtftScenario scenario = result.scenario();
    notes.add(
        String.format(
            Locale.ROOT,
            "Assumed: %s, prompts of %,d tokens, a filesystem of %s GB/s and links to the"
                + " accelerators of %s GB/s for this instance. Prefill comes from the cost model, in"
                + " the scenario's seconds, and is added.",
            scenario.title(),
            scenario.promptTokens(),
            Figure.number(scenario.filesystemBytesPerSecond() / 1e9),
            Figure.number(scenario.linkBytesPerSecond() / 1e9)));
    notes.add(
        "Lines are where the reused part of the prompt is: nowhere (none), in files of the directory"
            + " (file), in host memory (dram), in device memory, which is simulated (hbm). The rest"
            + " of the prompt is computed.");
    notes.add(
        String.format(
            Locale.ROOT,
            "Measured: keys, look-up, files read and verified, copies of every row. One number"
                + " scales: k = %s, the scenario's bandwidth over the %s GB/s that this directory"
                + " %s; bytes per token are divided by it.",
            Figure.number(result.scale().k()),
            Figure.number(result.before().bytesPerSecond() / 1e9),
            reads(result)));
    notes.add(
        "Rounds of which the median is shown: "
            + result.rounds()
            + "; "
            + String.format(Locale.ROOT, "%,d", result.verifiedBytes())
            + " bytes compared, "
            + result.wrongBytes()
            + " wrong. "
            + result.mode().label()
            + ": "
            + result.mode().reason()
            + ". The formula is the prefill of the rest and the bytes from files over the"
            + " bandwidth.");
    if (result.before().fileBytes() > 0) {
      result.rows().stream()
          .filter(row -> row.retrievalSeconds() > 0)
          .mapToDouble(TtftRow::retrievalDeviation)
          .min()
          .stream()
          .filter(off -> off < TOO_FAST)
          .forEach(
              off ->
                  notes.add(
                      String.format(
                          Locale.ROOT,
                          "Restores from files took up to %.0f %% less than the formula: they read"
                              + " faster than %s did before, so that k is too great, and those"
                              + " figures are better than the scenario's.",
                          -100 * off,
                          result.before().by())));
    }
    result.notCold().ifPresent(why -> notes.add("Reads were not cold: " + why + "."));
    return notes;
  }

  private static String reads(TtftResult result) {
    DirectoryBandwidth before = result.before();
    if (before.fileBytes() == 0) {
      return "is taken to read, which a quick run does not measure";
    }
    return String.format(
        Locale.ROOT,
        "reads (%s, %s to %s%s)",
        before.by(),
        Figure.number(before.lowest() / 1e9),
        Figure.number(before.highest() / 1e9),
        result
            .during()
            .map(passes -> "; between requests " + Figure.number(passes.bytesPerSecond() / 1e9))
            .orElse(""));
  }

  /** The rows without a cache are modelled alone, and so are in a table of their own. */
  private static List<Figure> figures(TtftResult result) {
    List<Figure> figures = new ArrayList<>();
    figures.add(Figure.of(Kind.MEASURED_AND_MODELLED, TtftChart.of(result)));
    List<TtftRow> rows = result.rows().stream().filter(row -> !row.tier().none()).toList();
    figures.add(
        Figure.of(
            "Time to first token (TTFT) by where reused tokens are and how many; \"off\" is how far from"
                + " the formula",
            Kind.MEASURED_AND_MODELLED,
            new Table(
                List.of(
                    "where, reuse",
                    "measured, ms",
                    "modelled prefill, ms",
                    "TTFT, ms",
                    "times faster than without a cache",
                    "lower than without, %",
                    "TTFT off, %",
                    "measured part off, %"),
                rows.stream().map(TtftSection::row).collect(Collectors.toList()))));
    figures.add(
        Figure.of(
            "Time to first token (TTFT) without a cache",
            Kind.MODELLED,
            new Table(
                List.of("tokens of the prompt", "TTFT, ms"),
                List.of(
                    List.of(
                        Figure.number((double) result.scenario().promptTokens()),
                        Figure.number(1e3 * result.rows().get(0).baselineSeconds()))))));
    return figures;
  }

  private static List<String> row(TtftRow row) {
    boolean files = row.retrievalSeconds() > 0;
    return List.of(
        row.tier().name() + ", " + row.reusePercent() + " %",
        Figure.number(1e3 * row.median().measuredSeconds()),
        Figure.number(1e3 * row.median().prefillSeconds()),
        Figure.number(1e3 * row.median().ttftSeconds()),
        Figure.number(row.speedup()),
        Figure.number(100 * row.reduction()),
        files ? Figure.number(100 * row.deviation()) : "",
        files ? Figure.number(100 * row.retrievalDeviation()) : "");
  }

  private static ObjectNode json(TtftResult result) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("k", result.scale().k());
    node.put("directory_bytes_per_second", result.before().bytesPerSecond());
    node.put("rounds", result.rounds()).put("wrong_bytes", result.wrongBytes());
    ArrayNode runs = node.putArray("runs");
    for (TtftRow row : result.rows()) {
      runs.addObject()
          .put("tier", row.tier().name())
          .put("reuse_percent", row.reusePercent())
          .put("kind", row.kind())
          .put("measured_seconds", row.median().measuredSeconds())
          .put("modelled_prefill_seconds", row.median().prefillSeconds())
          .put("ttft_seconds", row.median().ttftSeconds())
          .put("baseline_seconds", row.baselineSeconds())
          .put("formula_seconds", row.formulaSeconds());
    }
    return node;
  }
}
