package io.kvcache.store;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that touch the filesystem, and the only ones: a call that hangs there hangs no
 * request, and an interrupted request closes no channel. Daemon threads, started on demand, gone
 * after half a minute without work; never interrupted.
 *
 * <p>What a request waits for (lookups, reads) goes before what nobody waits for (writes, stamps);
 * within each the first come goes first. Writes that starve fill their queue, and are declined.
 */
final class IoPool {
  private static final Logger log = LoggerFactory.getLogger(IoPool.class);
  private static final long IDLE_SECONDS = 30;

  private final ThreadPoolExecutor threads;
  private final AtomicLong arrivals = new AtomicLong();
  private volatile boolean abandoned;

  IoPool(String name, int workers) {
    this(workers, daemons(name));
  }

  IoPool(int workers, ThreadFactory factory) {
    threads =
        new ThreadPoolExecutor(
            workers,
            workers,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new PriorityBlockingQueue<>(),
            factory);
    threads.allowCoreThreadTimeOut(true);
  }

  private static ThreadFactory daemons(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, "kvcache-io-" + name + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  int workers() {
    return threads.getMaximumPoolSize();
  }

  int queuedTasks() {
    return threads.getQueue().size();
  }

  /** Whether a call is under way, or was when this was asked. */
  boolean busy() {
    return threads.getActiveCount() > 0;
  }

  /**
   * Runs the call on a pool thread.
   *
   * @param ifClosed what the result is once the pool no longer takes work, if the call throws, or
   *     if the system grants no thread: a container's limit of threads must not fail a request
   */
  <T> CompletableFuture<T> submit(Supplier<T> call, T ifClosed) {
    return submit(false, call, ifClosed);
  }

  /** As {@link #submit}, once no lookup and no read waits for a thread. */
  <T> CompletableFuture<T> submitLate(Supplier<T> call, T ifClosed) {
    return submit(true, call, ifClosed);
  }

  private <T> CompletableFuture<T> submit(boolean late, Supplier<T> call, T ifClosed) {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      execute(
          late,
          () -> {
            try {
              result.complete(abandoned ? ifClosed : call.get());
            } catch (RuntimeException | Error e) {
              log.warn("an I/O task failed in an unforeseen way", e);
              result.complete(ifClosed);
            }
          });
    } catch (RejectedExecutionException e) {
      result.complete(ifClosed);
    } catch (OutOfMemoryError e) {
      log.debug("no I/O thread: {}", e.toString());
      result.complete(ifClosed);
    }
    return result;
  }

  private void execute(boolean late, Runnable call) {
    threads.execute(new Task(late, arrivals.getAndIncrement(), call));
  }

  private record Task(boolean late, long arrival, Runnable call)
      implements Runnable, Comparable<Task> {
    @Override
    public void run() {
      call.run();
    }

    @Override
    public int compareTo(Task other) {
      return late == other.late ? Long.compare(arrival, other.arrival) : late ? 1 : -1;
    }
  }

  /** Runs the call when nobody waits, or not at all once the pool no longer takes work. */
  void run(Runnable call) {
    try {
      execute(
          true,
          () -> {
            try {
              if (!abandoned) {
                call.run();
              }
            } catch (RuntimeException e) {
              log.warn("a background task failed", e);
            }
          });
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      log.debug("background task dropped: {}", e.toString());
    }
  }

  /**
   * Takes no more work and waits a while for what is queued. What is still queued then is answered
   * as closed without touching the filesystem, so that nobody waits for it; calls under way go on.
   *
   * @return tasks that were given up
   */
  int close(long timeoutNanos) {
    threads.shutdown();
    try {
      if (threads.awaitTermination(timeoutNanos, TimeUnit.NANOSECONDS)) {
        return 0;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    abandoned = true;
    List<Runnable> queued = new ArrayList<>();
    threads.getQueue().drainTo(queued);
    queued.forEach(Runnable::run);
    return queued.size();
  }
}
