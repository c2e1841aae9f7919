package io.kvcache.bench.ttft;

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

  /** The picture of a result that has rows, as SVG. */
  public static String svg(TtftResult result) {
    Map<String, SortedMap<Integer, Double>> lines = new LinkedHashMap<>();
    for (TtftRow row : result.rows()) {
      lines
          .computeIfAbsent(row.tier().name(), tier -> new TreeMap<>())
          .put(row.reusePercent(), row.median().ttftSeconds());
    }
    List<LineChart.Line> all = new ArrayList<>();
    lines.forEach((tier, points) -> all.add(new LineChart.Line(tier, points)));
    return new LineChart(
            String.format(
                "Measured restore + modelled prefill: %s, %,d tokens",
                result.scenario().title(), result.scenario().promptTokens()),
            "reuse, % of the prompt",
            "time to first token, s",
            all)
        .toSvg();
  }
}
