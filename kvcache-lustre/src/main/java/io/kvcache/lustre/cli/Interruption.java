package io.kvcache.lustre.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a long run end well on Ctrl-C or SIGTERM: the run asks from time to time whether it should,
 * or is told; it prints what it has, and closes this. The JVM waits for that, but not for ever.
 * Thread-safe.
 */
public final class Interruption implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 10;

  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Runnable whenAsked;
  private final Thread hook = new Thread(this::askAndWait, "end the run");

  /** For a run that asks. */
  public Interruption() {
    this(() -> {});
  }

  /**
   * For a run that must be told.
   *
   * @param whenAsked makes the run end soon; on a thread of the JVM's end
   */
  public Interruption(Runnable whenAsked) {
    this.whenAsked = whenAsked;
    try {
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is going down already: the run ends before it begins.
      asked.countDown();
      whenAsked.run();
    }
  }

  /** Whether the run should end now. */
  public boolean asked() {
    return asked.getCount() == 0;
  }

  /**
   * Waits a while.
   *
   * @return whether the run should end now, which ends the wait
   */
  public boolean awaitAsked(long nanos) {
    try {
      return asked.await(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  private void askAndWait() {
    asked.countDown();
    whenAsked.run();
    try {
      if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("the run did not end in " + PATIENCE_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    ended.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is going down: the hook is running, and has been told.
    }
  }
}
