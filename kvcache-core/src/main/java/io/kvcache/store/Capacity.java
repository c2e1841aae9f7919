package io.kvcache.store;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The budget of one open store, and the thread that keeps it: looks at the whole directory soon
 * after opening, whenever half of what may be written without looking is written, and from time to
 * time even if nothing is, for what others wrote and left. The more stores share the directory, the
 * rarer that last one, so that all of them together do it about every ten minutes.
 *
 * <p>Concurrency: the lock guards the wish for a scan and the figures, and is held for no I/O. A
 * scan is never interrupted; it asks between two entries whether the store closes.
 */
final class Capacity {
  private static final Logger log = LoggerFactory.getLogger(Capacity.class);
  private static final long PERIOD_NANOS = Duration.ofMinutes(10).toNanos();
  private static final long FIRST_BACK_OFF_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long LONGEST_PAUSE_NANOS = Duration.ofMinutes(1).toNanos();

  /** A scan counts for so many periods: it is stale only if those after it fail or hang. */
  private static final int VALID_PERIODS = 4;

  private final DirectoryStore store;
  private final Budget budget;
  private final int entriesPerSecond;
  private final CountDownLatch closing;
  private final BudgetGuard guard;
  private final SplittableRandom random = new SplittableRandom();
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean wished = true;
  private boolean insisted = true;
  private int owners;
  private long scans;
  private long failedScans;
  private long lastScanEntries;
  private long lastScanMillis;
  private long evictions;
  private long evictedImages;
  private long evictedBytes;
  private long orphansRemoved;
  private long foreign;
  private long failed;

  /**
   * @param closing let go when the store closes
   */
  Capacity(DirectoryStore store, Budget budget, int entriesPerSecond, CountDownLatch closing) {
    this.store = store;
    this.budget = budget;
    this.entriesPerSecond = entriesPerSecond;
    this.closing = closing;
    this.guard = new BudgetGuard(budget, store.io, store.root, this::countOwners, System::nanoTime);
    this.thread = new Thread(this::keep, "kvcache-capacity-" + store.ownerToken);
    thread.setDaemon(true);
    thread.setPriority(Thread.MIN_PRIORITY);
  }

  void start() {
    thread.start();
  }

  Budget budget() {
    return budget;
  }

  /** Whether a file of that size may be written now; if it is not, {@link #refund} it. */
  boolean admits(long bytes) {
    boolean admitted = guard.admits(bytes);
    if (guard.wantsScan()) {
      wish(false);
    }
    return admitted;
  }

  void written(long bytes) {
    guard.written(bytes);
  }

  void refund(long bytes) {
    guard.refund(bytes);
  }

  /** Has the directory looked at soon. */
  void wish() {
    wish(true);
  }

  private void wish(boolean inAnyCase) {
    lock.lock();
    try {
      wished = true;
      insisted |= inAnyCase;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private int countOwners() {
    return Owners.countYoung(store);
  }

  private void keep() {
    long pause = 0;
    try {
      while (!closing.await(pause, TimeUnit.NANOSECONDS)) {
        boolean insisted = awaitTurn();
        if (closing.getCount() > 0) {
          pause = lookIfWanted(insisted, pause);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Waits for a wish, or until it is time anyway, or the store closes.
   *
   * @return whether to look in any case: what a writer wished while the last scan ran may have been
   *     granted by that
   */
  private boolean awaitTurn() throws InterruptedException {
    lock.lock();
    try {
      long left = (long) (PERIOD_NANOS * Math.max(1, owners) * random.nextDouble(0.5, 1.5));
      while (!wished && left > 0 && closing.getCount() > 0) {
        left = changed.awaitNanos(left);
      }
      boolean inAnyCase = insisted || !wished;
      wished = false;
      insisted = false;
      return inAnyCase;
    } finally {
      lock.unlock();
    }
  }

  /** Whatever breaks: without this thread, writes would be declined once the last look is stale. */
  private long lookIfWanted(boolean insisted, long pause) {
    try {
      return insisted || guard.wantsScan() ? look(pause) : pause;
    } catch (RuntimeException | Error e) {
      log.warn("{}: the keeper of the budget goes on", store.root, e);
      return LONGEST_PAUSE_NANOS;
    }
  }

  /**
   * One pass.
   *
   * @param lastPause how long it was waited before this one
   * @return how long to leave the directory alone now, wished or not
   */
  private long look(long lastPause) {
    Pace pace =
        new Pace(entriesPerSecond, closing, System::nanoTime, store.counters.scannedEntries);
    EvictionPass pass = new EvictionPass(store, budget, false, pace, random.split());
    long mark = guard.mark();
    long start = System.nanoTime();
    EvictionReport report = null;
    try {
      report = pass.run();
    } catch (RuntimeException | Error e) {
      // Too little memory for millions of files, too: the cache goes on without.
      log.warn("{}: a look at the whole directory failed", store.root, e);
    }
    long nanos = System.nanoTime() - start;
    boolean learned = report != null && pass.learned();
    if (learned) {
      long valid = VALID_PERIODS * PERIOD_NANOS * pass.owners();
      guard.scanned(mark, report.usageAfter(), pass.owners(), valid);
    }
    note(learned, report, pass, nanos);
    boolean helped = learned && (report.usageAfter() <= budget.highBytes() || report.deleted() > 0);
    return helped
        ? Math.min(nanos / 4, LONGEST_PAUSE_NANOS)
        : Math.min(Math.max(FIRST_BACK_OFF_NANOS, 2 * lastPause), LONGEST_PAUSE_NANOS);
  }

  private void note(boolean learned, EvictionReport report, EvictionPass pass, long nanos) {
    lock.lock();
    try {
      if (report != null) {
        evictions += report.deleted() > 0 ? 1 : 0;
        evictedImages += report.deleted();
        evictedBytes += report.bytesFreed();
        orphansRemoved += report.orphansRemoved();
      }
      if (!learned) {
        failedScans++;
        return;
      }
      scans++;
      owners = pass.owners();
      lastScanEntries = pass.entries();
      lastScanMillis = TimeUnit.NANOSECONDS.toMillis(nanos);
      foreign = report.foreign();
      failed = report.failed();
    } finally {
      lock.unlock();
    }
    if (report.deleted() > 0) {
      log.info("{}: {}", store.root, report);
    }
  }

  CapacityStats stats() {
    lock.lock();
    try {
      return new CapacityStats(
          budget.bytes(),
          budget.highBytes(),
          budget.lowBytes(),
          guard.usage(),
          owners,
          scans,
          failedScans,
          lastScanEntries,
          lastScanMillis,
          evictions,
          evictedImages,
          evictedBytes,
          orphansRemoved,
          foreign,
          failed,
          guard.declined());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits a while for the thread to end, which the store has told to.
   *
   * @return whether it has
   */
  boolean awaitEnd(long timeoutNanos) {
    wish();
    try {
      thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(timeoutNanos)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }
}
