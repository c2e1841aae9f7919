package io.kvcache.store;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** An operation of which somebody hears before those who wait for it. Immutable. */
record ObservedIo<T>(PendingIo<T> io, CompletableFuture<T> outcome) implements PendingIo<T> {
  static <T> PendingIo<T> of(PendingIo<T> io, Consumer<? super T> observer) {
    return new ObservedIo<>(
        io,
        io.outcome()
            .thenApply(
                outcome -> {
                  observer.accept(outcome);
                  return outcome;
                }));
  }

  @Override
  public CompletableFuture<Void> released() {
    return io.released();
  }

  @Override
  public void demand() {
    io.demand();
  }

  @Override
  public boolean cancel() {
    return io.cancel();
  }
}
