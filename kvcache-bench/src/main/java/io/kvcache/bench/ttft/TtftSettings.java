package io.kvcache.bench.ttft;

import io.kvcache.bench.chart.LineChart;
import io.kvcache.bench.io.IoShape;
import io.kvcache.bench.io.SlotMemory;
import io.kvcache.bench.io.StoreKind;
import java.nio.file.Path;
import java.util.List;

/**
 * How a scenario is measured here.
 *
 * @param directory exists; nothing of a run stays there
 * @param store whose system calls
 * @param memory where slots are
 * @param workers I/O threads, of fio as well
 * @param tiers where reused chunks are
 * @param reusePercents shares of the prompt that were seen before, ascending
 * @param rounds measurements of each, of which the median counts
 * @param given what the directory reads, in bytes per second; 0 to measure it
 */
public record TtftSettings(
    Path directory,
    StoreKind store,
    SlotMemory memory,
    int workers,
    List<TierMix> tiers,
    List<Integer> reusePercents,
    int rounds,
    double given) {
  private static final int MOST_ROUNDS = 1000;

  /** Checks the numbers; the messages name what is wrong and what is right. */
  public TtftSettings {
    tiers = List.copyOf(tiers);
    reusePercents = reusePercents.stream().sorted().distinct().toList();
    for (int percent : reusePercents) {
      if (percent < 0 || percent > 100) {
        throw new IllegalArgumentException("reuse of " + percent + " %: from 0 to 100");
      }
    }
    if (tiers.isEmpty() || reusePercents.isEmpty()) {
      throw new IllegalArgumentException("one tier and one reuse at least");
    }
    if (tiers.size() > LineChart.MOST_LINES) {
      throw new IllegalArgumentException(
          tiers.size() + " tiers: " + LineChart.MOST_LINES + " at most, what a chart can show");
    }
    if (workers < 1 || workers > IoShape.MOST_THREADS) {
      throw new IllegalArgumentException(
          workers + " I/O threads: from 1 to " + IoShape.MOST_THREADS);
    }
    if (rounds < 1 || rounds > MOST_ROUNDS) {
      throw new IllegalArgumentException(rounds + " rounds: from 1 to " + MOST_ROUNDS);
    }
    if (!(given >= 0) || Double.isInfinite(given)) {
      throw new IllegalArgumentException("a directory of " + given / 1e9 + " GB/s: more than 0");
    }
    store
        .unavailable()
        .ifPresent(
            why -> {
              throw new IllegalArgumentException("no " + store.label() + " store here: " + why);
            });
  }
}
