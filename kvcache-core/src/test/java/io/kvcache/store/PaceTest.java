package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PaceTest {
  @Test
  void aScanTakesAsLongAsItsRateAllows() {
    long start = System.nanoTime();
    Pace pace = new Pace(10_000, new CountDownLatch(1), System::nanoTime, new LongAdder());
    for (int i = 0; i < 2_000; i++) {
      assertTrue(pace.next());
    }
    long millis = (System.nanoTime() - start) / 1_000_000;
    assertTrue(millis >= 150, millis + " ms for 2,000 entries at 10,000 per second");
  }

  @Test
  void aLowRateIsKeptFromTheFirstEntryOn() {
    long start = System.nanoTime();
    Pace pace = new Pace(20, new CountDownLatch(1), System::nanoTime, new LongAdder());
    for (int i = 0; i < 5; i++) {
      assertTrue(pace.next());
    }
    long millis = (System.nanoTime() - start) / 1_000_000;
    assertTrue(millis >= 240, millis + " ms for 5 entries at 20 per second");
  }

  @Test
  void thoseWhoShareAPaceKeepToItTogether() throws Exception {
    Pace pace = new Pace(10_000, new CountDownLatch(1), System::nanoTime, new LongAdder());
    long start = System.nanoTime();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      threads.add(
          new Thread(
              () -> {
                for (int i = 0; i < 500; i++) {
                  pace.next();
                }
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    long millis = (System.nanoTime() - start) / 1_000_000;
    assertTrue(millis >= 150, millis + " ms for 2,000 entries at 10,000 per second");
  }

  @Test
  void aScanEndsSoonAfterItsStoreCloses() {
    CountDownLatch closing = new CountDownLatch(1);
    Pace pace = new Pace(Integer.MAX_VALUE, closing, System::nanoTime, new LongAdder());
    assertTrue(pace.next());
    closing.countDown();
    int entries = 0;
    while (pace.next()) {
      entries++;
    }
    assertTrue(entries < 100, entries + " entries after the end");
    assertFalse(pace.next());
  }
}
