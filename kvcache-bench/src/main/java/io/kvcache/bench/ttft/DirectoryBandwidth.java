package io.kvcache.bench.ttft;

import java.util.List;

/**
 * What a directory reads, cold, in files of one size.
 *
 * @param bytesPerSecond the median of the passes
 * @param by who read: {@code fio}; {@code store}, where there is no fio; {@code given}, if nobody
 *     measured it
 * @param lowest the slowest pass
 * @param highest the fastest pass
 * @param passes how many there were; 0 if given
 * @param fileBytes size of a file; 0 if given
 * @param threads files read at once; 0 if given
 * @param command what fio was started with; null without it
 * @param notCold why reads were not cold; null if they were
 */
public record DirectoryBandwidth(
    double bytesPerSecond,
    String by,
    double lowest,
    double highest,
    int passes,
    long fileBytes,
    int threads,
    String command,
    String notCold) {

  /** What somebody says. */
  static DirectoryBandwidth given(double bytesPerSecond) {
    return new DirectoryBandwidth(
        bytesPerSecond, "given", bytesPerSecond, bytesPerSecond, 0, 0, 0, null, null);
  }

  /**
   * What passes over the same files gave.
   *
   * @param passes bytes per second of each; one at least
   */
  static DirectoryBandwidth of(
      List<Double> passes, String by, long fileBytes, int threads, String command, String notCold) {
    List<Double> sorted = passes.stream().sorted().toList();
    return new DirectoryBandwidth(
        sorted.get(sorted.size() / 2),
        by,
        sorted.get(0),
        sorted.get(sorted.size() - 1),
        sorted.size(),
        fileBytes,
        threads,
        command,
        notCold);
  }
}
