package io.kvcache.bench.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvcache.bench.chart.Axis;
import io.kvcache.bench.chart.LineChart;
import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.ttft.TtftTrial;
import java.io.IOException;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;

/**
 * The time of two things over sizes, on logarithmic axes. For one thread.
 *
 * @param one its name
 * @param other its name
 * @param stopwatch how each is timed
 */
record TwoCosts(String one, String other, Stopwatch stopwatch) {
  /** Times both at one size, with {@link #time}. */
  @FunctionalInterface
  interface AtSize {
    void run(int size, Timer timer) throws IOException;
  }

  /** Takes what is timed. */
  @FunctionalInterface
  interface Timer {
    void time(Stopwatch.Work one, Stopwatch.Work other);
  }

  /**
   * Times them.
   *
   * @throws CancellationException if the watch said so before the first size was done
   */
  Points run(List<Integer> sizes, TtftTrial.Watch progress, AtSize atSize) throws IOException {
    RunWatch watch = progress.phase("runs", 2L * stopwatch.steps() * sizes.size());
    Points points = new Points(new TreeMap<>(), new TreeMap<>());
    long[] steps = new long[1];
    try {
      for (int size : sizes) {
        atSize.run(
            size,
            (first, second) -> {
              double a = stopwatch.medianMicros(first, result -> step(steps, watch));
              double b = stopwatch.medianMicros(second, result -> step(steps, watch));
              points.one().put((double) size, a);
              points.other().put((double) size, b);
            });
      }
    } catch (CancellationException e) {
      if (points.one().isEmpty()) {
        throw e;
      }
    }
    return points;
  }

  private static void step(long[] steps, RunWatch watch) {
    if (!watch.goOn(++steps[0])) {
      throw new CancellationException("ended after " + steps[0] + " runs");
    }
  }

  SectionResult result(
      String title, String sizeTitle, String sizeField, Points points, String note) {
    LineChart chart =
        new LineChart(
            title,
            Axis.log(sizeTitle),
            Axis.log("median time, µs"),
            List.of(
                new LineChart.Line(one, points.one()), new LineChart.Line(other, points.other())));
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    ArrayNode runs = node.putArray("runs");
    points
        .one()
        .forEach(
            (size, micros) ->
                runs.addObject()
                    .put(sizeField, size.longValue())
                    .put(field(one), micros)
                    .put(field(other), points.other().get(size)));
    return new SectionResult(List.of(note), List.of(Figure.of(Kind.MEASURED, chart)), node);
  }

  private static String field(String name) {
    return name.replaceAll("[^a-z]+", "_") + "_us";
  }

  /**
   * Microseconds by size.
   *
   * @param one of the first
   * @param other of the second
   */
  record Points(SortedMap<Double, Double> one, SortedMap<Double, Double> other) {}
}
