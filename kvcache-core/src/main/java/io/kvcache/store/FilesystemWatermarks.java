package io.kvcache.store;

import java.util.Optional;
import java.util.function.LongPredicate;
import java.util.function.Supplier;

/**
 * Keeps room on a whole filesystem, or within the quota that it answers with: above the high
 * watermark of all that is used there, whoever uses it, so much of ours goes that the low one is
 * reached, as far as ours goes.
 *
 * <p>A filesystem may count what was removed for some time on. What this store removed lately is
 * taken off, see {@link SettlingSpace}. For what evictors elsewhere removed, the space is asked for
 * twice after the scan, a pause of a quarter of the settle time between, and the lower usage
 * counts: what was gone when the scan came by is then given back, so neither side of the reckoning
 * has it; what went later is in the scan, and counts as room if it was given back, so that this
 * pass keeps as much more. So each of any number of evictors ends at the cutoff that the first one
 * had, or before it, as {@link StampOrder} wants it, on a filesystem that gives space back within
 * that pause. On one that takes longer, an evictor may take what others removed for data that is
 * there, and remove as much once more, each of them at worst.
 *
 * @param space asks the filesystem; empty if it does not say, and then nothing goes
 * @param settling what this store removed lately
 * @param pause waits so many nanoseconds; false if the store closes, and then nothing goes
 * @param high fraction of its size above which eviction begins
 * @param low fraction of it at which eviction ends
 */
record FilesystemWatermarks(
    Supplier<Optional<FilesystemSpace>> space,
    SettlingSpace settling,
    LongPredicate pause,
    double high,
    double low)
    implements EvictionTarget {
  private static final int LOOKS_PER_SETTLE_TIME = 4;

  FilesystemWatermarks {
    Budget.checkWatermarks(high, low);
  }

  @Override
  public long keep(long usage, long images) {
    long tooMuch = tooMuch();
    if (tooMuch > 0 && pause.test(settling.settleNanos() / LOOKS_PER_SETTLE_TIME)) {
      tooMuch = Math.min(tooMuch, tooMuch());
    } else {
      tooMuch = 0;
    }
    return tooMuch > 0 ? images - tooMuch : EVERYTHING;
  }

  /** Bytes above the low watermark, if those used are above the high one now; else 0. */
  private long tooMuch() {
    FilesystemSpace now = space.get().orElse(null);
    if (now == null) {
      return 0;
    }
    long used = settling.without(now.usedBytes());
    return used > high * now.totalBytes() ? used - (long) (low * now.totalBytes()) : 0;
  }

  @Override
  public void removed(long bytes) {
    settling.removed(bytes);
  }
}
