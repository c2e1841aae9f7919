package io.kvcache.bench.io;

import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * One pass over all images.
 *
 * @param bytes bytes that were read or written
 * @param seconds time it took
 * @param cpuSeconds processor time of the process that did it, all threads, user and system
 */
public record Measured(long bytes, double seconds, double cpuSeconds) {
  private static final double GIB = 1L << 30;

  /** Throughput; MB are 10^6 bytes. */
  public double mbPerSecond() {
    return bytes / seconds / 1e6;
  }

  /** Processor time for each 2^30 bytes. */
  public double cpuSecondsPerGib() {
    return cpuSeconds / (bytes / GIB);
  }

  /** The middle value; of an even number the upper of the two. */
  static double median(List<Measured> runs, ToDoubleFunction<Measured> value) {
    return value.applyAsDouble(
        runs.stream().sorted(Comparator.comparingDouble(value)).toList().get(runs.size() / 2));
  }

  /** The middle one of what rounds say of two sides; each round's passes met the same disk. */
  static double medianRatio(List<Measured> ones, List<Measured> others) {
    double[] ratios =
        IntStream.range(0, ones.size())
            .mapToDouble(i -> ones.get(i).mbPerSecond() / others.get(i).mbPerSecond())
            .sorted()
            .toArray();
    return ratios[ratios.length / 2];
  }
}
