package io.kvcache.store;

/**
 * How many bytes a directory may hold. Eviction begins above the high watermark and ends at the low
 * one, so that it comes in passes and not with every write. Immutable.
 *
 * @param bytes the budget
 * @param high fraction of it above which eviction begins
 * @param low fraction of it at which eviction ends
 */
record Budget(long bytes, double high, double low) implements EvictionTarget {
  static final double DEFAULT_HIGH = 0.85;
  static final double DEFAULT_LOW = 0.70;

  Budget {
    if (bytes < 1) {
      throw new IllegalArgumentException("budget = " + bytes + " bytes: at least one image");
    }
    checkWatermarks(high, low);
  }

  static void checkWatermarks(double high, double low) {
    // Also false for what is not a number.
    if (!(0 < low && low < high && high <= 1)) {
      throw new IllegalArgumentException(
          "watermarks(high = " + high + ", low = " + low + "): 0 < low < high <= 1");
    }
  }

  long highBytes() {
    return (long) (bytes * high);
  }

  long lowBytes() {
    return (long) (bytes * low);
  }

  @Override
  public long keep(long usage, long images) {
    return usage > highBytes() ? lowBytes() : EVERYTHING;
  }

  /** Refuses a namespace of which not even one image would fit. */
  void requireRoomFor(Namespace namespace) {
    for (int group = 0; group < namespace.layout().groups().size(); group++) {
      int image = namespace.image(group).imageBytes();
      if (image > bytes) {
        throw new IllegalArgumentException(
            "budget = "
                + bytes
                + " bytes is below one image of "
                + namespace
                + ", "
                + image
                + " bytes: give it room for a few hundred, or use smaller chunks");
      }
    }
  }
}
