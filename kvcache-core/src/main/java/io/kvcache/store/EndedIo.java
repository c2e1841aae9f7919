package io.kvcache.store;

import java.util.concurrent.CompletableFuture;

/** An operation whose answer was known at once. Immutable. */
record EndedIo<T>(CompletableFuture<T> outcome) implements PendingIo<T> {
  @Override
  public CompletableFuture<Void> released() {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void demand() {
    // Nothing is queued.
  }

  @Override
  public boolean cancel() {
    return false;
  }
}
