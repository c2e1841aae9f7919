package io.kvcache.lustre.cli;

import io.kvcache.store.EvictionReport;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes an eviction pass at the start, whenever there may be need of one, and every six hours in
 * any case, since only a pass finds what dead writers left; for ever. Between two it rests for the
 * interval, or for three times what the last pass took, so that it scans for a quarter of the time
 * at most; give or take a fifth, so that daemons of many nodes do not keep step.
 *
 * <p>What daemons that share a directory remove together is said at {@link
 * io.kvcache.store.DirectoryStore#evictForFilesystem}. A pass that fails is logged, and another one
 * follows. Used by one thread.
 */
final class EvictionDaemon {
  private static final Logger log = LoggerFactory.getLogger(EvictionDaemon.class);
  private static final int RESTS = 3;
  private static final double JITTER = 0.2;
  private static final long LONGEST_WITHOUT_NANOS = TimeUnit.HOURS.toNanos(6);

  private final BooleanSupplier worthwhile;
  private final Supplier<EvictionReport> pass;
  private final Consumer<EvictionReport> removed;
  private final LongPredicate rest;
  private final LongSupplier nanoClock;
  private final SplittableRandom random = new SplittableRandom();
  private final long intervalNanos;
  private boolean passed;
  private long lastPass;

  /**
   * @param worthwhile whether a pass could evict anything, as far as can be told without a scan
   * @param pass makes one
   * @param removed hears of each that removed something
   * @param rest waits for so many nanoseconds; false to end
   */
  EvictionDaemon(
      long intervalNanos,
      BooleanSupplier worthwhile,
      Supplier<EvictionReport> pass,
      Consumer<EvictionReport> removed,
      LongPredicate rest,
      LongSupplier nanoClock) {
    this.intervalNanos = intervalNanos;
    this.worthwhile = worthwhile;
    this.pass = pass;
    this.removed = removed;
    this.rest = rest;
    this.nanoClock = nanoClock;
  }

  /** Runs until it is told to end. */
  void run() {
    long took = 0;
    do {
      long start = nanoClock.getAsLong();
      try {
        passIfWorthwhile();
      } catch (RuntimeException | Error e) {
        log.warn("an eviction pass failed; another one follows", e);
      }
      took = nanoClock.getAsLong() - start;
    } while (rest.test(pause(took)));
  }

  private void passIfWorthwhile() {
    if (!isDue() && !worthwhile.getAsBoolean()) {
      return;
    }
    EvictionReport report = pass.get();
    passed = true;
    lastPass = nanoClock.getAsLong();
    if (report.deleted() > 0 || report.orphansRemoved() > 0) {
      removed.accept(report);
    }
  }

  private boolean isDue() {
    return !passed || nanoClock.getAsLong() - lastPass >= LONGEST_WITHOUT_NANOS;
  }

  private long pause(long took) {
    long rests = Math.max(intervalNanos, RESTS * took);
    return (long) (rests * random.nextDouble(1 - JITTER, 1 + JITTER));
  }
}
