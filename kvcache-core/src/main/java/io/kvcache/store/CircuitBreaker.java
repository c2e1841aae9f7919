package io.kvcache.store;

import java.util.HashSet;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps calls away from a filesystem that fails or hangs, and finds out by itself when it is well
 * again.
 *
 * <p>It opens after trouble with several different files and no success between, so that one bad
 * file, asked for again and again, never opens it. While it is open nothing is tried. After a
 * while, which doubles each time up to a minute, the next call is let through as a trial: success
 * closes it, trouble opens it again. Any success closes it, also of a call that began before.
 *
 * <p>No state outlives its reason: time ends {@code OPEN}, and a trial always reports, a hanging
 * one at the I/O timeout. Thread-safe: every method holds this object's monitor, and none waits.
 */
final class CircuitBreaker {
  /** Whether calls go through. */
  enum State {
    /** They do. */
    CLOSED,
    /** They do not, until the time is over. */
    OPEN,
    /** One call does, to find out. */
    HALF_OPEN
  }

  /** Files in trouble, with no success between, that open it. */
  static final int TROUBLES = 5;

  private static final Logger log = LoggerFactory.getLogger(CircuitBreaker.class);
  private static final long LONGEST_NANOS = 60_000_000_000L;

  private final String name;
  private final long windowNanos;
  private final LongSupplier nanoClock;
  private final Set<Object> troubled = new HashSet<>();
  private State state = State.CLOSED;
  private long window;
  private long openUntil;
  private long trips;

  /**
   * @param name what it guards, for the log
   * @param windowNanos how long it stays open the first time
   */
  CircuitBreaker(String name, long windowNanos, LongSupplier nanoClock) {
    this.name = name;
    this.windowNanos = windowNanos;
    this.nanoClock = nanoClock;
    this.window = windowNanos;
  }

  /**
   * Asks to touch the filesystem. Whoever is let through reports how it went, by {@link
   * #succeeded}, {@link #failed} or {@link #undecided}.
   */
  synchronized boolean enter() {
    if (isShut()) {
      return false;
    }
    if (state == State.OPEN) {
      state = State.HALF_OPEN;
    }
    return true;
  }

  /** Whether a call would be turned away now. Changes nothing. */
  synchronized boolean isShut() {
    return state == State.HALF_OPEN
        || (state == State.OPEN && nanoClock.getAsLong() - openUntil < 0);
  }

  /** The filesystem did what it was asked. */
  synchronized void succeeded() {
    troubled.clear();
    if (state != State.CLOSED) {
      log.info("{}: in service again", name);
      state = State.CLOSED;
      window = windowNanos;
    }
  }

  /** A call failed in a way that may pass, or hung. */
  synchronized void failed(Object file) {
    if (state == State.HALF_OPEN) {
      window = Math.max(window, Math.min(2 * window, LONGEST_NANOS));
      open();
      return;
    }
    troubled.add(file);
    if (state == State.CLOSED && troubled.size() >= TROUBLES) {
      log.warn("{}: out of service after {} troubles, the last with {}", name, TROUBLES, file);
      trips++;
      open();
    }
  }

  private void open() {
    state = State.OPEN;
    openUntil = nanoClock.getAsLong() + window;
    troubled.clear();
  }

  /** The call told nothing about the filesystem: if it was the trial, the next one is. */
  synchronized void undecided() {
    if (state == State.HALF_OPEN) {
      state = State.OPEN;
      openUntil = nanoClock.getAsLong();
    }
  }

  /** A call that had hung came back: worth a trial at once. */
  synchronized void stirred() {
    if (state == State.OPEN) {
      openUntil = nanoClock.getAsLong();
    }
  }

  synchronized State state() {
    return state;
  }

  /** How often it opened from closed. */
  synchronized long trips() {
    return trips;
  }
}
