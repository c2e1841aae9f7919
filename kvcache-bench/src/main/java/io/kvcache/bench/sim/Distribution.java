package io.kvcache.bench.sim;

import java.util.Arrays;

/** Mean and percentiles (nearest rank) of what was measured; all 0 if that was nothing. */
public record Distribution(double mean, double p50, double p90, double p99) {
  static Distribution of(double[] values, int count) {
    if (count == 0) {
      return new Distribution(0, 0, 0, 0);
    }
    double[] sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    double sum = 0;
    for (double value : sorted) {
      sum += value;
    }
    return new Distribution(
        sum / count, rank(sorted, 0.50), rank(sorted, 0.90), rank(sorted, 0.99));
  }

  private static double rank(double[] sorted, double share) {
    return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
  }
}
