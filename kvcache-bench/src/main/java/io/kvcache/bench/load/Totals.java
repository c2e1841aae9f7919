package io.kvcache.bench.load;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** Sums over requests of any number of threads. */
final class Totals implements Consumer<Requests.Served> {
  final LongAdder requests = new LongAdder();
  final LongAdder bytes = new LongAdder();
  final LongAdder wrong = new LongAdder();
  final LongAdder nanos = new LongAdder();
  final LongAdder verifyNanos = new LongAdder();
  final LongAdder stored = new LongAdder();

  @Override
  public void accept(Requests.Served served) {
    requests.increment();
    bytes.add(served.bytes());
    wrong.add(served.wrong());
    nanos.add(served.endNanos() - served.startNanos());
    verifyNanos.add(served.verifyNanos());
    stored.add(served.stored());
  }
}
