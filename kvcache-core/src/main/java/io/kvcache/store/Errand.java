package io.kvcache.store;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Long work that somebody asked for, on a thread of its own: it takes no I/O thread from requests,
 * and whoever interrupts the one that asked closes no file in the middle of it.
 */
final class Errand {
  private Errand() {}

  /** Runs it, and waits for its result, also while interrupted. */
  static <T> T run(String thread, Supplier<T> errand) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread runner =
        new Thread(
            () -> {
              try {
                result.complete(errand.get());
              } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
              }
            },
            thread);
    runner.setDaemon(true);
    runner.start();
    return result.join();
  }
}
