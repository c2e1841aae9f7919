package io.kvcache.tier;

import io.kvcache.ShortenedBy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * How long one call of a request may wait for storage, all its waits together, and what ends them
 * sooner. What is there already is never waited for, so a call whose time is over still gets it.
 *
 * <p>Used by the thread that waits; immutable.
 */
final class Patience {
  private final CompletableFuture<Void> stopped;
  private final long deadline;

  /**
   * @param timeout from now
   * @param stopped completes when nobody wants the result any more
   */
  Patience(Duration timeout, CompletableFuture<Void> stopped) {
    this.deadline = System.nanoTime() + timeout.toNanos();
    this.stopped = stopped;
  }

  /** For a call that nobody can stop. */
  Patience(Duration timeout) {
    this(timeout, new CompletableFuture<>());
  }

  /**
   * Waits for a future. An interrupted caller keeps its flag and stops waiting.
   *
   * @return null if it has ended or nobody wants it any more; else why it was not waited for longer
   */
  ShortenedBy await(CompletableFuture<?> what) {
    if (what.isDone()) {
      return null;
    }
    try {
      CompletableFuture.anyOf(what, stopped)
          .get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return what.isDone() ? null : ShortenedBy.INTERRUPTED;
    } catch (TimeoutException e) {
      return what.isDone() ? null : ShortenedBy.DEADLINE;
    } catch (ExecutionException e) {
      return null;
    }
  }

  /** The answer, once it is there; or that one if it does not come in time. */
  <T> T get(CompletableFuture<T> answer, T otherwise) {
    await(answer);
    return answer.getNow(otherwise);
  }

  /** The same answer, or that one when there is no time left. */
  <T> CompletableFuture<T> orElse(CompletableFuture<T> answer, T otherwise) {
    return answer.isDone()
        ? answer
        : answer
            .copy()
            .completeOnTimeout(
                otherwise, Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
  }

  /** Whether nobody wants the result any more. */
  boolean isStopped() {
    return stopped.isDone();
  }

  /** Whether there is no time left. */
  boolean isOver() {
    return stopped.isDone() || System.nanoTime() - deadline >= 0;
  }
}
