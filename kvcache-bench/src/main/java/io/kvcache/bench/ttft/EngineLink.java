package io.kvcache.bench.ttft;

/**
 * The link from host memory to the accelerators, all of them together: copies go over it one after
 * the other, whoever makes them. Thread-safe.
 */
final class EngineLink {
  private final double nanosPerByte;
  private long busyUntil = System.nanoTime();

  /**
   * @param bytesPerSecond the scenario's, already divided by k
   */
  EngineLink(double bytesPerSecond) {
    nanosPerByte = 1e9 / bytesPerSecond;
  }

  /** Takes a copy's turn; when it will have arrived, by {@link System#nanoTime}. */
  synchronized long copy(int bytes) {
    long now = System.nanoTime();
    long begins = busyUntil - now > 0 ? busyUntil : now;
    busyUntil = begins + Math.round(bytes * nanosPerByte);
    return busyUntil;
  }
}
