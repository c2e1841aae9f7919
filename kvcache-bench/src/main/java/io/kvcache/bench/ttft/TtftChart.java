package io.kvcache.bench.ttft;

import io.kvcache.bench.chart.Axis;
import io.kvcache.bench.chart.LineChart;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The chart of a run: time to first token over reuse, a line for each tier. */
public final class TtftChart {
  private TtftChart() {}

  /** The chart of a result that has rows. */
  public static LineChart of(TtftResult result) {
    Map<String, SortedMap<Double, Double>> lines = new LinkedHashMap<>();
    for (TtftRow row : result.rows()) {
      lines
          .computeIfAbsent(row.tier().name(), tier -> new TreeMap<>())
          .put((double) row.reusePercent(), row.median().ttftSeconds());
    }
    List<LineChart.Line> all = new ArrayList<>();
    lines.forEach((tier, points) -> all.add(new LineChart.Line(tier, points)));
    return new LineChart(
        String.format(
            "Measured restore + modelled prefill: %s, %,d tokens",
            result.scenario().title(), result.scenario().promptTokens()),
        Axis.linear("reuse, % of the prompt"),
        Axis.log("time to first token, s"),
        all);
  }
}
