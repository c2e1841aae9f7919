package io.kvcache.bench.cli;

import io.kvcache.bench.model.Calibration;
import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.MeasuredPrefill;
import io.kvcache.bench.model.PrefillCostModel;
import io.kvcache.bench.model.PrefillParts;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the {@code prefill} command prints of one deployment. Times are in seconds. */
record PrefillReport(
    String deployment,
    String kind,
    double overhead,
    List<Efficiency> efficiencies,
    List<Row> prefills,
    List<Measured> measured) {

  /** Share of a peak, and who says so. */
  record Efficiency(String accelerator, String precision, double value, String source) {
    static List<Efficiency> of(Deployment deployment) {
      return deployment.precisions().stream()
          .map(
              each ->
                  new Efficiency(
                      deployment.accelerator().name(),
                      each.toString(),
                      deployment.accelerator().efficiency().get(each).value(),
                      deployment.accelerator().efficiency().get(each).source()))
          .toList();
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "efficiency %.3f of %s %s: %s", value, accelerator, precision, source);
    }
  }

  /** A modelled prefill. */
  record Row(
      long newTokens,
      long reusedTokens,
      double seconds,
      double weights,
      double attention,
      double link,
      double overhead) {
    static Row of(PrefillCostModel model, long newTokens, long reusedTokens) {
      PrefillParts parts = model.parts(newTokens, reusedTokens);
      return new Row(
          newTokens,
          reusedTokens,
          parts.seconds(),
          parts.weights(),
          parts.attention(),
          parts.link(),
          parts.overhead());
    }
  }

  /** A timed prefill, and the model before and after it was calibrated. */
  record Measured(
      long newTokens,
      long reusedTokens,
      double seconds,
      double uncalibrated,
      double uncalibratedOffPercent,
      double calibrated,
      double calibratedOffPercent) {
    static List<Measured> of(
        PrefillCostModel before, Calibration fitted, List<MeasuredPrefill> timed) {
      List<Measured> all = new ArrayList<>();
      for (int i = 0; i < timed.size(); i++) {
        MeasuredPrefill each = timed.get(i);
        double modelled = before.seconds(each.newTokens(), each.reusedTokens());
        double residual = fitted.residuals().get(i);
        all.add(
            new Measured(
                each.newTokens(),
                each.reusedTokens(),
                each.seconds(),
                modelled,
                100 * (modelled / each.seconds() - 1),
                each.seconds() * (1 + residual),
                100 * residual));
      }
      return all;
    }
  }

  static PrefillReport of(
      PrefillCostModel model, List<Long> tokens, List<Long> reused, List<Measured> measured) {
    List<Row> rows = new ArrayList<>();
    for (long p : reused) {
      for (long n : tokens) {
        rows.add(Row.of(model, n, p));
      }
    }
    return new PrefillReport(
        model.deployment().title(),
        "modelled",
        model.fixedOverheadSeconds(),
        Efficiency.of(model.deployment()),
        rows,
        measured);
  }

  void print(PrintWriter text) {
    line(text, "%s, modelled", deployment);
    efficiencies.forEach(text::println);
    line(text, "fixed overhead %.1f ms", overhead * 1e3);
    if (!measured.isEmpty()) {
      text.println();
      line(
          text,
          "%12s %12s %12s %12s %9s %12s %9s",
          "new tokens",
          "reused",
          "measured s",
          "before s",
          "off",
          "calibrated s",
          "off");
      for (Measured each : measured) {
        line(
            text,
            "%,12d %,12d %,12.4f %,12.4f %+8.1f%% %,12.4f %+8.1f%%",
            each.newTokens,
            each.reusedTokens,
            each.seconds,
            each.uncalibrated,
            each.uncalibratedOffPercent,
            each.calibrated,
            each.calibratedOffPercent);
      }
      line(
          text,
          "before: the accelerators' own efficiency, no overhead; off: modelled over measured,"
              + " less 1");
    }
    if (!prefills.isEmpty()) {
      text.println();
      line(
          text,
          "%12s %12s %12s = %10s + %10s + %10s + %10s",
          "new tokens",
          "reused",
          "seconds",
          "weights",
          "attention",
          "link",
          "overhead");
      for (Row row : prefills) {
        line(
            text,
            "%,12d %,12d %,12.4f = %,10.4f + %,10.4f + %,10.4f + %,10.4f",
            row.newTokens,
            row.reusedTokens,
            row.seconds,
            row.weights,
            row.attention,
            row.link,
            row.overhead);
      }
    }
  }

  private static void line(PrintWriter text, String format, Object... values) {
    text.println(String.format(Locale.ROOT, format, values));
  }
}
