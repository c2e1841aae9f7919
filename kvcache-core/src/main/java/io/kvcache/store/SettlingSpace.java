package io.kvcache.store;

import java.util.ArrayDeque;
import java.util.function.LongSupplier;

/**
 * What one store removed lately, as far as its filesystem may still count it as used. Lustre gives
 * space back seconds after the name of a file is gone, when its storage servers have destroyed its
 * objects; other filesystems defer too, and some answer with figures that are a little old.
 *
 * <p>What was removed is believed to have been given back once the settle time has passed, or as
 * far as the usage was seen to fall below where it was when the first of it was removed. What
 * others write meanwhile hides such a fall: then less is evicted than might be, until that time has
 * passed, and never more. Thread-safe; asks nobody.
 */
final class SettlingSpace {
  /** Removals of one such part of the settle time are remembered as one. */
  private static final int PARTS = 64;

  private static final class Removed {
    private final long sinceNanos;
    private long bytes;

    Removed(long sinceNanos) {
      this.sinceNanos = sinceNanos;
    }
  }

  private final long settleNanos;
  private final LongSupplier nanoClock;
  private final ArrayDeque<Removed> removals = new ArrayDeque<>();
  private long pending;
  private long lowestUsed;

  SettlingSpace(long settleNanos, LongSupplier nanoClock) {
    this.settleNanos = settleNanos;
    this.nanoClock = nanoClock;
  }

  long settleNanos() {
    return settleNanos;
  }

  /** A file is gone. The usage was looked at before, in the same pass. */
  synchronized void removed(long bytes) {
    long now = nanoClock.getAsLong();
    Removed last = removals.peekLast();
    if (last == null || now - last.sinceNanos > settleNanos / PARTS) {
      last = new Removed(now);
      removals.add(last);
    }
    last.bytes += bytes;
    pending += bytes;
  }

  /**
   * The usage without what was removed and not yet given back.
   *
   * @param usedBytes what the filesystem says
   */
  synchronized long without(long usedBytes) {
    // One part later than the first removal of a part, for the sake of its last one.
    long settled = nanoClock.getAsLong() - settleNanos - settleNanos / PARTS;
    while (!removals.isEmpty() && removals.peek().sinceNanos - settled <= 0) {
      pending -= removals.poll().bytes;
    }
    if (removals.isEmpty()) {
      lowestUsed = usedBytes;
    } else if (usedBytes < lowestUsed) {
      giveBack(lowestUsed - usedBytes);
      lowestUsed = usedBytes;
    }
    return Math.max(0, usedBytes - pending);
  }

  private void giveBack(long bytes) {
    long left = bytes;
    for (Removed oldest = removals.peek(); oldest != null && left > 0; oldest = removals.peek()) {
      long part = Math.min(left, oldest.bytes);
      oldest.bytes -= part;
      pending -= part;
      left -= part;
      if (oldest.bytes > 0) {
        return;
      }
      removals.poll();
    }
  }
}
