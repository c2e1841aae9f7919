package io.kvcache.store;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * Keeps room on a whole filesystem, or within the quota that it answers with: above the high
 * watermark of all that is used there, whoever uses it, so much of ours goes that the low one is
 * reached, as far as ours goes.
 *
 * <p>Any number of evictors may do so at once. The space is asked for after the scan: what another
 * removed between that scan and now was either seen by it, and then this one keeps as much more, or
 * it was not, and then both keep the same. So each ends at the cutoff that the first one had, or
 * before it, as {@link StampOrder} wants it. Only what a filesystem has removed but not yet given
 * back is taken for data of others; leave it some time between two passes.
 *
 * @param space asks the filesystem; empty if it does not say, and then nothing goes
 * @param high fraction of its size above which eviction begins
 * @param low fraction of it at which eviction ends
 */
record FilesystemWatermarks(Supplier<Optional<FilesystemSpace>> space, double high, double low)
    implements EvictionTarget {
  FilesystemWatermarks {
    Budget.checkWatermarks(high, low);
  }

  @Override
  public long keep(long usage, long images) {
    FilesystemSpace now = space.get().orElse(null);
    return now == null || now.usedFraction() <= high
        ? EVERYTHING
        : images - (now.usedBytes() - (long) (low * now.totalBytes()));
  }
}
