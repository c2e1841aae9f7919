package io.kvcache.store;

/**
 * Bounds what waits to be written, in bytes and in time: an engine that computes faster than the
 * disk writes must lose some writes now, not memory, or half an hour at the end.
 *
 * <p>Time is the number of writes that have not ended, times the moving average of what one takes,
 * over the threads that write. Thread-safe: every method holds this object's monitor.
 */
final class WriteBacklog {
  private static final double ALPHA = 0.05;

  private final long maxBytes;
  private final long maxNanos;
  private final int writers;
  private long bytes;
  private long writes;
  private double averageNanos;

  WriteBacklog(long maxBytes, long maxNanos, int writers) {
    this.maxBytes = maxBytes;
    this.maxNanos = maxNanos;
    this.writers = writers;
  }

  /** Whether a write of that size may be queued; one may always, however low the limits are. */
  synchronized boolean admits(long size) {
    boolean fits =
        bytes + size <= maxBytes && (writes + 1) * averageNanos / writers <= (double) maxNanos;
    if (writes > 0 && !fits) {
      return false;
    }
    bytes += size;
    writes++;
    return true;
  }

  /** A write that was admitted is no longer waited for, however it ended. */
  synchronized void ended(long size) {
    bytes -= size;
    writes--;
  }

  /** A write took that long, to its end or until it was abandoned. */
  synchronized void took(long nanos) {
    averageNanos = averageNanos == 0 ? nanos : averageNanos + ALPHA * (nanos - averageNanos);
  }

  synchronized long bytes() {
    return bytes;
  }

  synchronized long averageNanos() {
    return (long) averageNanos;
  }
}
