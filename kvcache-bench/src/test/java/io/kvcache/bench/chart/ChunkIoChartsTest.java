package io.kvcache.bench.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChunkIoChartsTest {
  /** JMH's result, cut down to what is read. */
  private static String run(String benchmark, String store, int workers, int mib, double score) {
    return """
        {
          "benchmark" : "io.kvcache.bench.io.%s",
          "mode" : "thrpt",
          "params" : { "directory" : "/d", "imageMib" : "%d", "store" : "%s", "workers" : "%d" },
          "primaryMetric" : { "score" : 2.6, "scoreUnit" : "ops/s" },
          "secondaryMetrics" : { "megabytes" : { "score" : %s, "scoreUnit" : "ops/s" } }
        }
        """
        .formatted(benchmark, mib, store, workers, score);
  }

  @Test
  void eachStoreAndDirectionIsAChartAndEachSizeALine() throws Exception {
    String result =
        String.join(
            ",",
            run("ChunkIoBenchmark.read", "LUSTRE", 32, 16, 900),
            run("ChunkIoBenchmark.read", "LUSTRE", 2, 16, 700.5),
            run("ChunkIoBenchmark.read", "LUSTRE", 2, 4, 600),
            run("ChunkIoBenchmark.write", "NIO", 2, 4, 500),
            run("OtherBenchmark.read", "NIO", 2, 4, 1));
    Map<String, LineChart> charts = ChunkIoCharts.read("[" + result + "]");
    assertEquals(Set.of("chunk-io-lustre-read", "chunk-io-nio-write"), charts.keySet());
    LineChart reads = charts.get("chunk-io-lustre-read");
    assertEquals("Cold reads, verified, native", reads.title());
    assertEquals(
        List.of("4 MiB", "16 MiB"), reads.lines().stream().map(LineChart.Line::name).toList());
    assertEquals(Map.of(2.0, 700.5, 32.0, 900.0), reads.lines().get(1).points());
    assertEquals("New files written, through the JDK", charts.get("chunk-io-nio-write").title());
  }

  @Test
  void aResultWithoutThatBenchmarkIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> ChunkIoCharts.read("[]"));
  }
}
