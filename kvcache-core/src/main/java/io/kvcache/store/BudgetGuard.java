package io.kvcache.store;

import io.kvcache.spi.ChunkIo;
import io.kvcache.spi.ChunkIoException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * Keeps what the directory holds within the budget plus 5 %, although any number of processes write
 * to it and none knows what the others do.
 *
 * <p><b>The rule.</b> Who saw a usage of U in a scan may write {@code min((budget - U) / n, budget
 * / 20 / n)} more bytes, counted from the moment the scan began and with those that it was writing
 * then, before it has to scan again; n is the owners alive then, and one more: who opens the store
 * next. <b>Why it holds.</b> Take any moment, and of all scans that gave an allowance then in force
 * the one that began last: it saw at most the budget, and all that was written before it. What was
 * written since was written under allowances in force or used up, one for each owner at a time,
 * each counted from a scan that began no later: together at most a twentieth of the budget.
 *
 * <p>Where the filesystem itself holds less than the high watermark, whatever the files in it are,
 * no scan is needed to know that there is room; what is free below it is shared in the same way.
 * Before the first scan ends that, or an owner's twentieth, is all there is to go by; so a process
 * that dies before its first scan ends, again and again, may write that much each time.
 *
 * <p>One image may always be written when every owner's next one would fit too: or a budget of few
 * images would take none.
 *
 * <p>Thread-safe: what decides holds this object's monitor, across one statfs, or one look at the
 * owners before the first scan, on I/O threads only; what only tells waits for nobody.
 */
final class BudgetGuard {
  private static final long ASK_INTERVAL_NANOS = 1_000_000_000L;
  private static final int SHARE = 20;

  private final Budget budget;
  private final ChunkIo io;
  private final Path root;
  private final IntSupplier owners;
  private final LongSupplier nanoClock;

  private boolean scanned;
  private long usage;
  private int sharers;
  private long allowance;
  private long staleAfterNanos = Long.MAX_VALUE;
  private long scannedAt;

  /** Bytes admitted since this was made, and when the scan began that gave the allowance. */
  private long admitted;

  private long admittedAtScan;

  /** Bytes admitted whose writes have not ended: a scan may or may not see them. */
  private long underWay;

  private boolean asked;
  private long askedAt;
  private long admittedWhenAsked;
  private long filesystemUsed;

  /** For those who only want to know: they must not wait for a filesystem that hangs. */
  private volatile long usageNow = -1;

  private final LongAdder declined = new LongAdder();

  /**
   * @param owners counts those alive, before the first scan has
   */
  BudgetGuard(Budget budget, ChunkIo io, Path root, IntSupplier owners, LongSupplier nanoClock) {
    this.budget = budget;
    this.io = io;
    this.root = root;
    this.owners = owners;
    this.nanoClock = nanoClock;
  }

  /** Whether a file of that size may be written now. */
  synchronized boolean admits(long bytes) {
    if (!filesystemProvesRoom(bytes, 0) && !allowanceHas(bytes)) {
      declined.increment();
      return false;
    }
    admitted += bytes;
    underWay += bytes;
    noteUsage();
    return true;
  }

  /** What was admitted was written. */
  synchronized void written(long bytes) {
    underWay -= bytes;
  }

  /** What was admitted was not written. */
  synchronized void refund(long bytes) {
    underWay -= bytes;
    admitted -= bytes;
    noteUsage();
  }

  /** Whether it is time to scan again, so that no write is declined for want of a fresh one. */
  synchronized boolean wantsScan() {
    return !filesystemProvesRoom(0, budget.bytes() / SHARE)
        && (!scanned || isStale() || 2 * spent() >= allowance);
  }

  /** What {@link #scanned} is to be told about the scan that begins now. */
  synchronized long mark() {
    return admitted - underWay;
  }

  /**
   * A scan has ended.
   *
   * @param mark from when it began
   * @param usageBytes what it saw, less what was evicted since
   * @param living owners alive, ourselves included
   * @param validNanos for how long it says anything
   */
  synchronized void scanned(long mark, long usageBytes, int living, long validNanos) {
    scanned = true;
    scannedAt = nanoClock.getAsLong();
    staleAfterNanos = validNanos;
    usage = usageBytes;
    admittedAtScan = mark;
    share(living);
    noteUsage();
  }

  private void noteUsage() {
    if (scanned) {
      usageNow = usage + Math.max(0, spent());
    }
  }

  private void share(int living) {
    sharers = living + 1;
    allowance = Math.max(0, Math.min(budget.bytes() - usage, budget.bytes() / SHARE)) / sharers;
  }

  private int sharers() {
    if (sharers == 0) {
      share(owners.getAsInt());
    }
    return sharers;
  }

  private boolean allowanceHas(long bytes) {
    int all = sharers();
    if (scanned && isStale()) {
      return false;
    }
    long spent = spent();
    return spent + bytes <= allowance
        || (spent <= 0 && scanned && bytes <= (budget.bytes() - usage) / all);
  }

  private long spent() {
    return admitted - admittedAtScan;
  }

  private boolean isStale() {
    return nanoClock.getAsLong() - scannedAt > staleAfterNanos;
  }

  private boolean filesystemProvesRoom(long bytes, long margin) {
    long now = nanoClock.getAsLong();
    if (!asked || now - askedAt >= ASK_INTERVAL_NANOS) {
      filesystemUsed = Long.MAX_VALUE;
      try {
        long total = io.totalBytes(root);
        // Some filesystems do not say how large they are: that proves nothing.
        if (total > 0) {
          filesystemUsed = total - io.usableBytes(root);
        }
      } catch (ChunkIoException e) {
        // Not known then; the write will say what is wrong.
      }
      asked = true;
      askedAt = now;
      admittedWhenAsked = admitted;
    }
    long mine = admitted - admittedWhenAsked + bytes;
    // Every other owner may have been told the same, and write as much.
    return filesystemUsed <= budget.highBytes() - margin - mine * sharers();
  }

  /** Bytes of the last scan and what was admitted since; empty before the first one ended. */
  OptionalLong usage() {
    long now = usageNow;
    return now < 0 ? OptionalLong.empty() : OptionalLong.of(now);
  }

  /** Writes that the budget declined. */
  long declined() {
    return declined.sum();
  }
}
