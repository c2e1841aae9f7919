package io.kvcache.bench.load;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** What ended in each second of a run. */
final class Timeline implements Consumer<Requests.Served> {
  private static final long SECOND = 1_000_000_000L;

  private final long start;
  private final Second[] seconds;

  /** One second. */
  static final class Second {
    final LongAdder requests = new LongAdder();
    final LongAdder bytes = new LongAdder();
    final LongAdder wrong = new LongAdder();
    private final AtomicLong longestNanos = new AtomicLong();

    /** The longest request that ended in it. */
    double longestMillis() {
      return longestNanos.get() / 1e6;
    }
  }

  /**
   * @param start begin of the first second, by {@link System#nanoTime}
   * @param count how many there are; what ends later counts in the last
   */
  Timeline(long start, int count) {
    this.start = start;
    seconds = new Second[count];
    for (int s = 0; s < count; s++) {
      seconds[s] = new Second();
    }
  }

  @Override
  public void accept(Requests.Served served) {
    long number = Math.min((served.endNanos() - start) / SECOND, seconds.length - 1);
    Second second = seconds[(int) number];
    second.requests.increment();
    second.bytes.add(served.bytes());
    second.wrong.add(served.wrong());
    second.longestNanos.accumulateAndGet(served.endNanos() - served.startNanos(), Math::max);
  }

  Second second(int number) {
    return seconds[number];
  }

  int seconds() {
    return seconds.length;
  }

  /** Requests per second, from one second to another, exclusive. */
  double requestsPerSecond(int from, int to) {
    long requests = 0;
    for (int s = from; s < to; s++) {
      requests += seconds[s].requests.sum();
    }
    return (double) requests / (to - from);
  }

  /** The longest request that ended from one second to another, exclusive. */
  double longestMillis(int from, int to) {
    double longest = 0;
    for (int s = from; s < to; s++) {
      longest = Math.max(longest, seconds[s].longestMillis());
    }
    return longest;
  }

  /** Wrong bytes of the whole run. */
  long wrong() {
    long wrong = 0;
    for (Second second : seconds) {
      wrong += second.wrong.sum();
    }
    return wrong;
  }
}
