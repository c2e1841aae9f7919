package io.kvcache.bench.load;

import java.util.function.LongSupplier;

/** How far a gauge ever went, as far as anybody looked. Thread-safe. */
final class Peak {
  private final LongSupplier gauge;
  private volatile long most;

  Peak(LongSupplier gauge) {
    this.gauge = gauge;
  }

  synchronized void look() {
    most = Math.max(most, gauge.getAsLong());
  }

  long most() {
    return most;
  }
}
