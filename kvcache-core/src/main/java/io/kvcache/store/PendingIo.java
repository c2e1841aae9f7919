package io.kvcache.store;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * An operation on the store that is queued or under way.
 *
 * <p>It ends twice: {@link #outcome} when there is an answer, {@link #released} when no system call
 * touches its buffer any more. Mostly that is the same moment, and then {@code released} completes
 * first: whoever gets the answer may take it that the buffer is free. A call that hangs is answered
 * for at the I/O timeout, and gives its buffer back when the system call returns, if it ever does.
 *
 * <p>Neither future ever completes exceptionally. Both complete on one of the store's threads, or
 * on the caller's if the answer was known at once: what depends on them must be short. Thread-safe.
 */
public interface PendingIo<T> {
  /** How it ended, or that it was abandoned or cancelled. */
  CompletableFuture<T> outcome();

  /** Completes once the buffer is the caller's again. */
  CompletableFuture<Void> released();

  /** Somebody waits for it now: a prefetch that is still queued goes on as a demand. */
  void demand();

  /**
   * Takes it out of the queue, unless a thread has begun it or it has ended.
   *
   * @return whether it was taken out; its outcome is then {@code CANCELLED}
   */
  boolean cancel();

  /**
   * The same operation, for one who must hear of its outcome before those who wait for that: a
   * future alone calls whom it likes first.
   *
   * @param observer short, and does not throw
   */
  default PendingIo<T> observed(Consumer<? super T> observer) {
    return ObservedIo.of(this, observer);
  }

  /** An operation that was answered without being queued. */
  static <T> PendingIo<T> ended(T outcome) {
    return new EndedIo<>(CompletableFuture.completedFuture(outcome));
  }
}
