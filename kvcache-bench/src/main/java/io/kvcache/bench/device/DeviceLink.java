package io.kvcache.bench.device;

import java.util.concurrent.locks.LockSupport;

/**
 * One direction of a simulated link: copies go over it one after the other at its bandwidth, and
 * each pays a latency of its own beside that, as copies on several streams do.
 */
final class DeviceLink {
  /** A parked thread wakes up too late by about that much; the rest is waited for awake. */
  private static final long PARK_INACCURACY_NANOS = 60_000;

  private final double nanosPerByte;
  private final long latencyNanos;
  private long busyUntil = System.nanoTime();
  private long copies;
  private long bytes;
  private long slowerThanModel;

  DeviceLink(double bytesPerSecond, long latencyNanos) {
    this.nanosPerByte = 1e9 / bytesPerSecond;
    this.latencyNanos = latencyNanos;
  }

  /**
   * Takes a copy's turn.
   *
   * @param now when the copy began
   * @return when it ends by the model
   */
  synchronized long begin(long now, long size) {
    copies++;
    bytes += size;
    long start = now - busyUntil > 0 ? now : busyUntil;
    busyUntil = start + Math.round(size * nanosPerByte);
    return busyUntil + latencyNanos;
  }

  /** Waits until then; an interrupt stays pending. */
  void end(long at) {
    long left = at - System.nanoTime();
    if (left < 0) {
      synchronized (this) {
        slowerThanModel++;
      }
    }
    while (left > 0) {
      if (left > PARK_INACCURACY_NANOS) {
        LockSupport.parkNanos(this, left - PARK_INACCURACY_NANOS);
      } else {
        Thread.onSpinWait();
      }
      left = at - System.nanoTime();
    }
  }

  /** Copies so far. */
  synchronized long copies() {
    return copies;
  }

  /** Bytes of those. */
  synchronized long bytes() {
    return bytes;
  }

  /** Copies that the host took longer for than the model: their times are the host's. */
  synchronized long slowerThanModel() {
    return slowerThanModel;
  }
}
