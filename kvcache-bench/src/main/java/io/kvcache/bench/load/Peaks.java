package io.kvcache.bench.load;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Looks at gauges again and again, on a thread of its own, until it is closed. */
final class Peaks implements AutoCloseable {
  private static final long SAMPLE_MILLIS = 20;

  private final List<Peak> peaks;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread sampler = new Thread(this::sample, "peaks");

  Peaks(Peak... peaks) {
    this.peaks = List.of(peaks);
    sampler.setDaemon(true);
    sampler.start();
  }

  /** Looks once more, now. */
  void look() {
    peaks.forEach(Peak::look);
  }

  private void sample() {
    try {
      do {
        look();
      } while (!closed.await(SAMPLE_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
