package io.kvcache.store;

import java.util.Arrays;

/**
 * The images of one scan in the order in which they are kept: newest stamp interval first, within
 * one the shallower chunk first, and what is still equal by the key. The order is total and follows
 * from the files alone, so evictors on every node agree about it; the images of one chunk, of all
 * groups and ranks, are equal in it and share one fate, as one is of no use without the others.
 *
 * <p>What an evictor removes is everything behind a {@link Cutoff}: the newest images up to so many
 * bytes stay. Whoever misses some old images, since another evictor is faster, finds the same
 * cutoff; whoever misses some new ones finds an older one and removes less. So together they never
 * remove more than the one with the best view would.
 *
 * <p>20 bytes per image, in primitive arrays. Used by one thread.
 */
final class StampOrder {
  // Milliseconds up to the year 71000, and more chunks than a prompt of 2^31 tokens of a block has.
  private static final int INDEX_BITS = 22;
  private static final long LAST_BUCKET = (1L << 63 - INDEX_BITS) - 1;
  private static final int LAST_INDEX = (1 << INDEX_BITS) - 1;
  private static final int SECTOR = 512;

  /** The first place in the order that is not kept. */
  record Cutoff(long stampIntervalMillis, long coldness, long keyBits) {
    /** Whether an image with that time and name is behind it, and so to be removed. */
    boolean removes(long modifiedMillis, int index, long bits) {
      long image = StampOrder.coldness(modifiedMillis, stampIntervalMillis, index);
      return image != coldness ? image > coldness : bits >= keyBits;
    }

    /** Removes nothing. */
    static Cutoff none(long stampIntervalMillis) {
      return new Cutoff(stampIntervalMillis, Long.MAX_VALUE, Long.MAX_VALUE);
    }
  }

  private final long stampIntervalMillis;
  private long[] coldness = new long[1024];
  private long[] keyBits = new long[1024];
  private int[] sectors = new int[1024];
  private int size;

  StampOrder(long stampIntervalMillis) {
    this.stampIntervalMillis = stampIntervalMillis;
  }

  int size() {
    return size;
  }

  void add(long modifiedMillis, int index, long bits, long bytes) {
    if (size == coldness.length) {
      int larger = size + (size >> 1);
      coldness = Arrays.copyOf(coldness, larger);
      keyBits = Arrays.copyOf(keyBits, larger);
      sectors = Arrays.copyOf(sectors, larger);
    }
    coldness[size] = coldness(modifiedMillis, stampIntervalMillis, index);
    keyBits[size] = bits;
    sectors[size++] = (int) Math.min((bytes + SECTOR - 1) / SECTOR, Integer.MAX_VALUE);
  }

  private static long coldness(long modifiedMillis, long intervalMillis, int index) {
    long bucket = Math.floorDiv(modifiedMillis, intervalMillis);
    long age = LAST_BUCKET - Math.max(0, Math.min(bucket, LAST_BUCKET));
    return age << INDEX_BITS | Math.min(index, LAST_INDEX);
  }

  /**
   * Where to cut so that what is before holds at most so many bytes, and as many as possible. Takes
   * time in proportion to the number of images, and changes their order here.
   */
  Cutoff keeping(long bytes) {
    long left = bytes / SECTOR;
    int from = 0;
    int to = size;
    // Before from: kept. From to on: removed. Between: not known yet.
    while (from < to) {
      int middle = from + (to - from) / 2;
      long pivot = coldness[middle];
      long pivotBits = keyBits[middle];
      int before = from;
      int behind = to;
      long beforeSectors = 0;
      long equalSectors = 0;
      for (int i = from; i < behind; ) {
        int order = compare(i, pivot, pivotBits);
        if (order < 0) {
          beforeSectors += sectors[i];
          swap(before++, i++);
        } else if (order > 0) {
          swap(i, --behind);
        } else {
          equalSectors += sectors[i++];
        }
      }
      if (beforeSectors > left) {
        to = before;
      } else if (beforeSectors + equalSectors > left) {
        return new Cutoff(stampIntervalMillis, pivot, pivotBits);
      } else {
        left -= beforeSectors + equalSectors;
        from = behind;
      }
    }
    return first(from);
  }

  /** The foremost of those from there on; there is no order among them. */
  private Cutoff first(int from) {
    if (from == size) {
      return Cutoff.none(stampIntervalMillis);
    }
    int first = from;
    for (int i = from + 1; i < size; i++) {
      if (compare(i, coldness[first], keyBits[first]) < 0) {
        first = i;
      }
    }
    return new Cutoff(stampIntervalMillis, coldness[first], keyBits[first]);
  }

  private int compare(int i, long pivot, long pivotBits) {
    return coldness[i] != pivot
        ? Long.compare(coldness[i], pivot)
        : Long.compare(keyBits[i], pivotBits);
  }

  private void swap(int i, int j) {
    long cold = coldness[i];
    coldness[i] = coldness[j];
    coldness[j] = cold;
    long bits = keyBits[i];
    keyBits[i] = keyBits[j];
    keyBits[j] = bits;
    int sector = sectors[i];
    sectors[i] = sectors[j];
    sectors[j] = sector;
  }
}
