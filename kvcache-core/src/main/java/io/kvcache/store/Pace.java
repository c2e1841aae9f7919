package io.kvcache.store;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * Keeps a scan to so many entries per second, or those who remove files to so many files, so that
 * they never compete with requests for a metadata server; ends them when the store closes. Time
 * that passes without entries is not made up for. Thread-safe: those who share one wait in turn.
 */
final class Pace {
  private static final int MOST_BETWEEN_LOOKS = 64;
  private static final int LOOKS_PER_SECOND = 100;
  private static final long SHORTEST_WAIT_NANOS = 1_000_000L;
  private static final long MOST_BEHIND_NANOS = 100_000_000L;

  private final long entriesPerSecond;
  private final long entriesBetweenLooks;
  private final CountDownLatch closing;
  private final LongSupplier nanoClock;
  private final LongAdder total;
  private long since;
  private long entries;
  private volatile boolean stopped;

  /**
   * @param closing let go when the store closes
   * @param total counts every entry, for whoever wants to know how far a scan is
   */
  Pace(int entriesPerSecond, CountDownLatch closing, LongSupplier nanoClock, LongAdder total) {
    this.total = total;
    this.entriesPerSecond = entriesPerSecond;
    this.entriesBetweenLooks =
        Math.max(1, Math.min(MOST_BETWEEN_LOOKS, entriesPerSecond / LOOKS_PER_SECOND));
    this.closing = closing;
    this.nanoClock = nanoClock;
    this.since = nanoClock.getAsLong();
  }

  /** Waits for the next entry's turn; false once the store closes. */
  synchronized boolean next() {
    total.increment();
    if (++entries % entriesBetweenLooks == 0) {
      look();
    }
    return !stopped;
  }

  /** Waits a while for another reason than the rate; false once the store closes. */
  boolean pause(long nanos) {
    try {
      if (closing.await(Math.max(nanos, 0), TimeUnit.NANOSECONDS)) {
        stopped = true;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stopped = true;
    }
    return !stopped;
  }

  boolean isStopped() {
    return stopped;
  }

  private void look() {
    long now = nanoClock.getAsLong();
    long due = since + (long) (1e9 * entries / entriesPerSecond);
    if (now - due > MOST_BEHIND_NANOS) {
      since = now;
      entries = 0;
    }
    pause(due - now > SHORTEST_WAIT_NANOS ? due - now : 0);
  }
}
