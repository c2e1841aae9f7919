package io.kvcache.bench.seeds;

import io.kvcache.bench.chart.Axis;
import io.kvcache.bench.chart.LineChart;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleBiFunction;

/** Two charts of five curves over reuse: time to first token, and cost. Modelled. */
final class StorageCharts {
  private StorageCharts() {}

  static LineChart ttft(StorageModel model) {
    return chart("Modelled TTFT: " + model.title(), "time to first token, s", model::ttft);
  }

  static LineChart cost(StorageModel model) {
    return chart("Modelled cost: " + model.title(), "dollars per 100M tokens", model::dollars);
  }

  private static LineChart chart(
      String title, String yTitle, ToDoubleBiFunction<StorageModel.Place, Integer> figure) {
    List<LineChart.Line> lines = new ArrayList<>();
    for (StorageModel.Place place : StorageModel.Place.values()) {
      SortedMap<Double, Double> points = new TreeMap<>();
      for (int reuse : StorageModel.LEVELS) {
        // All but one token reused and nothing moved is next to no time: the axis would be its.
        if (place != StorageModel.Place.LOWER_BOUND || reuse < 100) {
          points.put((double) reuse, figure.applyAsDouble(place, reuse));
        }
      }
      lines.add(new LineChart.Line(place.title, points));
    }
    return new LineChart(title, Axis.linear("reuse, % of the prompt"), Axis.log(yTitle), lines);
  }
}
