package io.kvcache.store;

/**
 * What bounds an {@link IoPool}.
 *
 * @param workers threads that do work, those that hang not counted
 * @param maxReadBytes bytes of the reads under way; a single read may be larger
 * @param timeoutNanos a call that runs longer is abandoned
 * @param starvedNanos a write that waited longer goes before reads
 */
record IoLimits(int workers, long maxReadBytes, long timeoutNanos, long starvedNanos) {
  /** Threads in all: beyond them, one that hangs is not replaced. */
  int maxThreads() {
    return 4 * workers;
  }

  /** Writes that may hang at once: more are not begun, so that reads keep their threads. */
  int hungWrites() {
    return Math.max(1, maxThreads() / 4);
  }

  /** Threads that reads keep free of writes, and that writes get before reads once they starve. */
  int share() {
    return Math.max(1, workers / 4);
  }

  /** Threads that writes may take: slow ones never hold up all reads. */
  int writers() {
    return Math.max(1, workers - share());
  }
}
