package io.kvcache.store;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Files that a call hung on, to be left alone for a while: the next request would hang there too,
 * and cost a thread. A file is free again as soon as one of its hung calls returns. If none does,
 * it is tried again after a while, which doubles with each call that hangs on it, up to ten
 * minutes.
 *
 * <p>Thread-safe, a concurrent map of values that do not change. Holds no more files than there are
 * hung calls.
 */
final class Quarantine {
  private static final long LONGEST_NANOS = 600_000_000_000L;

  private record Hung(int calls, long until) {}

  private final long windowNanos;
  private final LongSupplier nanoClock;
  private final Map<ImagePath, Hung> files = new ConcurrentHashMap<>();

  Quarantine(long windowNanos, LongSupplier nanoClock) {
    this.windowNanos = windowNanos;
    this.nanoClock = nanoClock;
  }

  /** Whether the file is to be left alone. */
  boolean contains(ImagePath file) {
    Hung hung = files.get(file);
    return hung != null && nanoClock.getAsLong() - hung.until() < 0;
  }

  /** A call hangs on the file. */
  void add(ImagePath file) {
    long now = nanoClock.getAsLong();
    files.compute(
        file,
        (f, before) -> {
          int calls = before == null ? 1 : before.calls() + 1;
          return new Hung(calls, now + wait(calls));
        });
  }

  private long wait(int calls) {
    long wait = windowNanos;
    for (int i = 1; i < calls && wait < LONGEST_NANOS; i++) {
      wait = Math.min(2 * wait, LONGEST_NANOS);
    }
    return wait;
  }

  /** A call that hung on the file has returned. */
  void returned(ImagePath file) {
    long now = nanoClock.getAsLong();
    files.computeIfPresent(
        file, (f, hung) -> hung.calls() == 1 ? null : new Hung(hung.calls() - 1, now));
  }
}
