package io.kvcache.store;

/**
 * What bounds an {@link IoPool}.
 *
 * @param workers threads that do work, those that hang not counted
 * @param readShare fraction of them that writes never take
 * @param maxReadBytes bytes of the reads under way; a single read may be larger
 * @param timeoutNanos a call that runs longer is abandoned
 * @param starvedNanos a write that waited longer goes before reads
 */
record IoLimits(
    int workers, double readShare, long maxReadBytes, long timeoutNanos, long starvedNanos) {
  /** Products such as 0.29 * 100 are a little less than what is meant. */
  private static final double ROUNDING = 1e-9;

  /** Threads in all: beyond them, one that hangs is not replaced. */
  int maxThreads() {
    return 4 * workers;
  }

  /** Threads that writes may take, those that hang included: more would cost other calls theirs. */
  int hungWrites() {
    return maxThreads() / 4;
  }

  /** Threads that reads may take, those that hang included. */
  int hungReads() {
    return maxThreads() / 2;
  }

  /** Threads that lookups leave to others, however many calls hang. */
  int spare() {
    return Math.max(1, maxThreads() / 8);
  }

  /** Threads that writes may take: slow ones never hold up all reads. One may always. */
  int writers() {
    int readers = Math.max(1, (int) (workers * readShare + ROUNDING));
    return Math.max(1, workers - readers);
  }

  /** Threads that writes get before reads once they starve. */
  int starvedWriters() {
    return Math.min(writers(), Math.max(1, workers / 4));
  }
}
