package io.kvcache.bench.cli;

import io.kvcache.Tier;
import io.kvcache.bench.report.Environment;
import io.kvcache.bench.ttft.DirectoryBandwidth;
import io.kvcache.bench.ttft.ScaledLayout;
import io.kvcache.bench.ttft.TtftResult;
import io.kvcache.bench.ttft.TtftRow;
import io.kvcache.bench.ttft.TtftScenario;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the {@code ttft} command prints of a result. */
record TtftReport(
    Environment environment,
    String scenario,
    int promptTokens,
    int chunkTokens,
    double scenarioGbPerS,
    double measuredGbPerS,
    String measuredBy,
    double measuredLowestGbPerS,
    double measuredHighestGbPerS,
    Double duringGbPerS,
    Double duringLowestGbPerS,
    Double duringHighestGbPerS,
    String fioReadCommand,
    double k,
    long modelBytesPerToken,
    double exactBytesPerToken,
    double fileBytesPerToken,
    double roundingPercent,
    int modelLayers,
    int storedLayers,
    long fileBytes,
    double linkGbPerS,
    String store,
    String memory,
    int workers,
    String effectiveMode,
    String modeReason,
    String notCold,
    long verifiedBytes,
    long wrongBytes,
    int rounds,
    double baselineMs,
    List<Row> rows) {

  /** One line of the table. */
  record Row(
      String tier,
      int reusePercent,
      String kind,
      int restoredTokens,
      Map<Tier, Integer> restoredTokensByTier,
      long deliveredBytes,
      long scenarioBytes,
      double hashMs,
      double acquireMs,
      double restoreMs,
      double measuredMs,
      double modelledPrefillMs,
      double ttftMs,
      double ttftLowestMs,
      double ttftHighestMs,
      double speedup,
      double reductionPercent,
      double formulaRetrievalMs,
      double formulaTtftMs,
      Double formulaDeviationPercent,
      Double pairedDeviationPercent,
      Double retrievalDeviationPercent) {

    static Row of(TtftRow row) {
      boolean fromFiles = row.retrievalSeconds() > 0;
      return new Row(
          row.tier().name(),
          row.reusePercent(),
          row.kind(),
          row.median().tokens(),
          row.median().tokensByTier(),
          row.median().bytes(),
          row.scenarioBytes(),
          row.median().hashSeconds() * 1e3,
          row.median().acquireSeconds() * 1e3,
          row.median().restoreSeconds() * 1e3,
          row.median().measuredSeconds() * 1e3,
          row.median().prefillSeconds() * 1e3,
          row.median().ttftSeconds() * 1e3,
          row.lowest() * 1e3,
          row.highest() * 1e3,
          row.speedup(),
          row.reduction() * 100,
          row.retrievalSeconds() * 1e3,
          row.formulaSeconds() * 1e3,
          fromFiles ? row.deviation() * 100 : null,
          fromFiles && row.pairedDeviation().isPresent()
              ? row.pairedDeviation().getAsDouble() * 100
              : null,
          fromFiles ? row.retrievalDeviation() * 100 : null);
    }
  }

  static TtftReport of(
      TtftResult result, String store, String memory, int workers, Environment environment) {
    TtftScenario scenario = result.scenario();
    DirectoryBandwidth before = result.before();
    ScaledLayout layout = result.layout();
    return new TtftReport(
        environment,
        scenario.title(),
        scenario.promptTokens(),
        scenario.layout().chunkTokens(),
        scenario.filesystemBytesPerSecond() / 1e9,
        before.bytesPerSecond() / 1e9,
        before.by(),
        before.lowest() / 1e9,
        before.highest() / 1e9,
        result.during().map(passes -> passes.bytesPerSecond() / 1e9).orElse(null),
        result.during().map(passes -> passes.lowest() / 1e9).orElse(null),
        result.during().map(passes -> passes.highest() / 1e9).orElse(null),
        before.command(),
        result.scale().k(),
        layout.realBytesPerToken(),
        layout.exactBytesPerToken(),
        layout.fileBytesPerToken(),
        layout.rounding() * 100,
        ScaledLayout.layers(layout.real()),
        ScaledLayout.layers(layout.layout()),
        layout.imageBytes(0),
        scenario.linkBytesPerSecond() / 1e9,
        store,
        memory,
        workers,
        result.mode().label(),
        result.mode().reason(),
        result.notCold().orElse(before.notCold()),
        result.verifiedBytes(),
        result.wrongBytes(),
        result.rounds(),
        scenario.prefill().seconds(scenario.promptTokens(), 0) * 1e3,
        result.rows().stream().map(Row::of).toList());
  }

  void print(PrintWriter text) {
    line(
        text,
        "%s, prompts of %,d tokens, chunks of %,d, %,d bytes per token",
        scenario,
        promptTokens,
        chunkTokens,
        modelBytesPerToken);
    line(
        text,
        "k = %.4g: %.4g GB/s in the scenario, %.4g GB/s here (%s, %.4g to %.4g%s); bytes per token"
            + " %,.1f / k = %,.1f, in files %,.1f with rounding (%+.2f %%), %d of %d layers",
        k,
        scenarioGbPerS,
        measuredGbPerS,
        measuredBy,
        measuredLowestGbPerS,
        measuredHighestGbPerS,
        duringGbPerS == null
            ? ""
            : String.format(
                Locale.ROOT,
                "; between requests %.4g, %.4g to %.4g",
                duringGbPerS,
                duringLowestGbPerS,
                duringHighestGbPerS),
        (double) modelBytesPerToken,
        exactBytesPerToken,
        fileBytesPerToken,
        roundingPercent,
        storedLayers,
        modelLayers);
    line(
        text,
        "%s store, %s (%s), %s memory, %d I/O threads, files of %,d bytes, link of %.4g GB/s; %,d bytes"
            + " compared, %,d wrong",
        store,
        effectiveMode,
        modeReason,
        memory,
        workers,
        fileBytes,
        linkGbPerS,
        verifiedBytes,
        wrongBytes);
    if (notCold != null) {
      line(text, "reads were NOT COLD: %s", notCold);
    }
    line(
        text,
        "time to first token = measured (keys, acquire, restore) + modelled (prefill); medians of"
            + " %d rounds; without a cache %,.1f ms, modelled; formula = prefill + bytes from files"
            + " / scenario's bandwidth, modelled; paired: off the formula with what fio read right"
            + " before each request",
        rounds,
        baselineMs);
    line(
        text,
        "%-18s %6s %9s %12s %12s %12s %8s %8s %12s %8s %8s %9s",
        "tier",
        "reuse",
        "restored",
        "measured ms",
        "modelled ms",
        "TTFT ms",
        "faster",
        "lower",
        "formula ms",
        "TTFT off",
        "paired",
        "restore");
    for (Row row : rows) {
      line(
          text,
          "%-18s %5d%% %,9d %,12.1f %,12.1f %,12.1f %7.2fx %7.1f%% %,12.1f %8s %8s %9s",
          row.tier,
          row.reusePercent,
          row.restoredTokens,
          row.measuredMs,
          row.modelledPrefillMs,
          row.ttftMs,
          row.speedup,
          row.reductionPercent,
          row.formulaTtftMs,
          percent(row.formulaDeviationPercent),
          percent(row.pairedDeviationPercent),
          percent(row.retrievalDeviationPercent));
    }
  }

  private static String percent(Double value) {
    return value == null ? "" : String.format(Locale.ROOT, "%+.1f%%", value);
  }

  private static void line(PrintWriter text, String format, Object... values) {
    text.println(String.format(Locale.ROOT, format, values));
  }
}
