package io.kvcache.bench.seeds;

import io.kvcache.bench.chart.LineChart;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleBiFunction;

/** Two charts of five curves over reuse: time to first token, and cost. Modelled. */
final class StorageCharts {
  private StorageCharts() {}

  static String ttft(StorageModel model) {
    return svg("Modelled TTFT: " + model.title(), "time to first token, s", model::ttft);
  }

  static String cost(StorageModel model) {
    return svg("Modelled cost: " + model.title(), "dollars per 100M tokens", model::dollars);
  }

  private static String svg(
      String title, String yTitle, ToDoubleBiFunction<StorageModel.Place, Integer> figure) {
    List<LineChart.Line> lines = new ArrayList<>();
    for (StorageModel.Place place : StorageModel.Place.values()) {
      SortedMap<Integer, Double> points = new TreeMap<>();
      StorageModel.LEVELS.forEach(r -> points.put(r, figure.applyAsDouble(place, r)));
      lines.add(new LineChart.Line(place.title, points));
    }
    return new LineChart(title, "reuse, % of the prompt", yTitle, lines).toSvg();
  }
}
