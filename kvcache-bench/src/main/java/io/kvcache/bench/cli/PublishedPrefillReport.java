package io.kvcache.bench.cli;

import io.kvcache.bench.model.PrefillResidual;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** What the {@code prefill} command prints of published prefills. Times are in seconds. */
record PublishedPrefillReport(
    String kind, List<Row> rows, List<PrefillReport.Efficiency> efficiencies) {

  /** A published prefill and the modelled one, without fixed overhead. */
  record Row(
      String id,
      String model,
      String accelerator,
      String precision,
      int width,
      long newTokens,
      double published,
      double modelled,
      double offPercent,
      double weights,
      double attention,
      double link,
      String source) {
    static Row of(PrefillResidual each) {
      return new Row(
          each.row().id(),
          each.row().model(),
          each.row().accelerator(),
          each.row().precision().toString(),
          each.row().width(),
          each.row().newTokens(),
          each.row().seconds(),
          each.modelled(),
          100 * each.relative(),
          each.parts().weights(),
          each.parts().attention(),
          each.parts().link(),
          each.row().source());
    }
  }

  static PublishedPrefillReport of(List<PrefillResidual> residuals) {
    return new PublishedPrefillReport(
        "modelled",
        residuals.stream().map(Row::of).toList(),
        residuals.stream()
            .map(
                each ->
                    new PrefillReport.Efficiency(
                        each.row().accelerator(),
                        each.row().precision().toString(),
                        each.efficiency().value(),
                        each.efficiency().source()))
            .distinct()
            .toList());
  }

  void print(PrintWriter text) {
    text.println("published prefills and modelled ones, in seconds, without fixed overhead");
    line(
        text,
        "%-4s %-15s %-5s %-11s %11s %11s %10s %8s = %9s + %9s + %9s",
        "row",
        "model",
        "",
        "on",
        "new tokens",
        "published",
        "modelled",
        "off",
        "weights",
        "attention",
        "link");
    for (Row row : rows) {
      line(
          text,
          "%-4s %-15s %-5s %-11s %,11d %,11.3f %,10.3f %+7.1f%% = %,9.3f + %,9.3f + %,9.3f",
          row.id,
          row.model,
          row.precision,
          row.width + " x " + row.accelerator,
          row.newTokens,
          row.published,
          row.modelled,
          row.offPercent,
          row.weights,
          row.attention,
          row.link);
    }
    text.println();
    efficiencies.forEach(text::println);
    rows.forEach(row -> text.println(row.id + ": " + row.source));
  }

  private static void line(PrintWriter text, String format, Object... values) {
    text.println(String.format(Locale.ROOT, format, values));
  }
}
