package io.kvcache.bench.load;

import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/** Threads that serve requests one after the other until a time is over. */
final class Load {
  private Load() {}

  /**
   * Runs, and returns when the last request has ended.
   *
   * @param prompts says which prompt comes next; called by all threads
   * @param until when no request begins any more, by {@link System#nanoTime}
   * @param served hears of every request on the thread that served it
   */
  static void run(
      Requests requests,
      int threads,
      IntSupplier prompts,
      long until,
      Consumer<Requests.Served> served)
      throws InterruptedException {
    Callable<Void> worker =
        () -> {
          while (until - System.nanoTime() > 0) {
            served.accept(requests.serve(prompts.getAsInt()));
          }
          return null;
        };
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<Void>> ends = pool.invokeAll(Collections.nCopies(threads, worker));
      for (Future<Void> end : ends) {
        end.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a request failed", e.getCause());
    } finally {
      pool.shutdown();
    }
  }
}
