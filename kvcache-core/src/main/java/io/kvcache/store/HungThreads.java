package io.kvcache.store;

/**
 * Threads that calls keep which hang, and what that leaves to others. Each kind of call has a bound
 * of its own, so that a filesystem where only one kind hangs still does the rest: many files on one
 * dead server make reads hang, while its metadata answers and other servers take writes.
 *
 * <p>The bounds count calls under way too, since each of them may be the next to hang: what is lost
 * never exceeds its bound. Not thread-safe: the pool's lock guards it.
 */
final class HungThreads {
  private final IoLimits limits;
  private int lookups;
  private int reads;
  private int writes;

  HungThreads(IoLimits limits) {
    this.limits = limits;
  }

  /** A call of that lane hangs. */
  void lost(Lane lane) {
    count(lane, 1);
  }

  /** It has returned. */
  void returned(Lane lane) {
    count(lane, -1);
  }

  private void count(Lane lane, int change) {
    switch (lane) {
      case LOOKUP -> lookups += change;
      case DEMAND, PREFETCH -> reads += change;
      case WRITE -> writes += change;
    }
  }

  int count() {
    return lookups + reads + writes;
  }

  /** Whether calls of that lane are to be answered as out of service until one returns. */
  boolean closes(Lane lane) {
    return left(lane) <= 0;
  }

  /**
   * Whether one more call of that lane may begin.
   *
   * @param underWay calls of its kind that are, those that hang not counted
   */
  boolean admits(Lane lane, int underWay) {
    return underWay < left(lane);
  }

  private int left(Lane lane) {
    return switch (lane) {
      // Nobody reads what cannot be looked up, so lookups get whatever the others may not have.
      case LOOKUP -> limits.maxThreads() - limits.spare() - count();
      case DEMAND, PREFETCH -> limits.hungReads() - reads;
      case WRITE -> limits.hungWrites() - writes;
    };
  }
}
