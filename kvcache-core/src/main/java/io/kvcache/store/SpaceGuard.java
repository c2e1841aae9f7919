package io.kvcache.store;

import io.kvcache.spi.ChunkIo;
import io.kvcache.spi.ChunkIoException;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * Declines writes before the filesystem is full, and for a while after it said that it is. Asks the
 * filesystem at most once a second and subtracts what was written since. Thread-safe: every method
 * holds this object's monitor, across one statfs at most, on I/O threads only.
 */
final class SpaceGuard {
  private static final long ASK_INTERVAL_NANOS = 1_000_000_000L;
  private static final long FIRST_BACK_OFF_NANOS = 1_000_000_000L;
  private static final long LONGEST_BACK_OFF_NANOS = 60_000_000_000L;
  private static final long LARGEST_DEFAULT_FLOOR = 10L << 30;

  private final ChunkIo io;
  private final Path root;
  private final LongSupplier nanoClock;
  private long floorBytes;
  private long usable;
  private long askedAt;
  private boolean asked;
  private long declineUntil;
  private long backOff;

  /**
   * @param floorBytes free bytes to leave, or negative for 5 % of the filesystem, at most 10 GiB
   */
  SpaceGuard(ChunkIo io, Path root, long floorBytes, LongSupplier nanoClock) {
    this.io = io;
    this.root = root;
    this.floorBytes = floorBytes;
    this.nanoClock = nanoClock;
  }

  /** Whether a file of that size may be written now. */
  synchronized boolean admits(long bytes) {
    long now = nanoClock.getAsLong();
    if (backOff > 0 && now - declineUntil < 0) {
      return false;
    }
    if (!asked || now - askedAt >= ASK_INTERVAL_NANOS) {
      try {
        long total = io.totalBytes(root);
        if (floorBytes < 0) {
          floorBytes = Math.min(total / 20, LARGEST_DEFAULT_FLOOR);
        }
        // Some filesystems, FUSE ones above all, do not say: then a failed write does.
        usable = total > 0 ? io.usableBytes(root) : Long.MAX_VALUE;
        askedAt = now;
        asked = true;
      } catch (ChunkIoException e) {
        // A root that cannot be asked: let the write itself find out what is wrong with it.
        return true;
      }
    }
    if (usable - bytes < floorBytes) {
      return false;
    }
    usable -= bytes;
    return true;
  }

  /** A write failed for want of space: decline for a while, twice as long each time. */
  synchronized void full() {
    long now = nanoClock.getAsLong();
    if (backOff > 0 && now - declineUntil < 0) {
      // One of many writes that were under way when the first of them failed.
      return;
    }
    backOff = backOff == 0 ? FIRST_BACK_OFF_NANOS : Math.min(2 * backOff, LONGEST_BACK_OFF_NANOS);
    declineUntil = now + backOff;
    asked = false;
  }

  /** A write went through. */
  synchronized void succeeded() {
    backOff = 0;
  }
}
