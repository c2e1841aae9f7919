package io.kvcache.bench.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Turns JMH's JSON result of the chunk I/O benchmark into charts: MB/s over I/O threads, a line for
 * each size of image, a chart for each store and direction; prints what shows them in Markdown.
 *
 * <pre>{@code
 * java -cp kvcache-bench/target/kvcache-bench.jar io.kvcache.bench.chart.ChunkIoCharts \
 *     chunk-io.json docs/charts
 * }</pre>
 */
public final class ChunkIoCharts {
  private ChunkIoCharts() {}

  /** Takes the result's file, and the directory for the charts. */
  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      System.err.println("ChunkIoCharts RESULT.json DIRECTORY");
      System.exit(2);
    }
    Path directory = Files.createDirectories(Path.of(args[1]));
    for (Map.Entry<String, LineChart> chart : read(Files.readString(Path.of(args[0]))).entrySet()) {
      System.out.println(ChartFiles.write(directory, chart.getKey(), chart.getValue()));
    }
  }

  /**
   * The charts, by their files' names.
   *
   * @throws IllegalArgumentException if the result holds nothing of that benchmark
   */
  static SortedMap<String, LineChart> read(String result) throws IOException {
    SortedMap<String, SortedMap<Integer, SortedMap<Double, Double>>> all = new TreeMap<>();
    for (JsonNode run : new ObjectMapper().readTree(result)) {
      String name = run.path("benchmark").asText();
      if (name.contains("ChunkIoBenchmark.")) {
        JsonNode params = run.path("params");
        String store = params.path("store").asText().toLowerCase(Locale.ROOT);
        all.computeIfAbsent(
                "chunk-io-" + store + name.substring(name.lastIndexOf('.')).replace('.', '-'),
                chart -> new TreeMap<>())
            .computeIfAbsent(params.path("imageMib").asInt(), size -> new TreeMap<>())
            .put(
                params.path("workers").asDouble(),
                run.at("/secondaryMetrics/megabytes/score").asDouble());
      }
    }
    if (all.isEmpty()) {
      throw new IllegalArgumentException("no result of ChunkIoBenchmark: run it with -rf json");
    }
    SortedMap<String, LineChart> charts = new TreeMap<>();
    all.forEach((name, sizes) -> charts.put(name, chart(name, sizes)));
    return charts;
  }

  private static LineChart chart(String name, SortedMap<Integer, SortedMap<Double, Double>> sizes) {
    List<LineChart.Line> lines = new ArrayList<>();
    sizes.forEach((mib, points) -> lines.add(new LineChart.Line(mib + " MiB", points)));
    String title =
        (name.endsWith("-read") ? "Cold reads, verified" : "New files written")
            + (name.contains("-nio-") ? ", through the JDK" : ", native");
    return new LineChart(
        title, Axis.doubling("I/O threads"), Axis.linear("MB/s (10^6 bytes)"), lines);
  }
}
