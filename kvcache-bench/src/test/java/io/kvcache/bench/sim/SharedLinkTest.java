package io.kvcache.bench.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SharedLinkTest {
  private final EventQueue events = new EventQueue();
  private final List<Double> ends = new ArrayList<>();

  private void run() {
    boolean more = true;
    while (more) {
      more = events.next();
    }
  }

  private void transfer(SharedLink link, double at, int node, double bytes) {
    events.at(at, () -> link.transfer(node, bytes, () -> ends.add(events.now())));
  }

  @Test
  void oneTransferHasItsNodesBandwidth() {
    SharedLink link = new SharedLink(events, 2, 100, 40);
    transfer(link, 1, 0, 80);
    run();
    assertEquals(List.of(3.0), ends);
    assertEquals(80, link.moved(), 1e-9);
  }

  @Test
  void twoOfOneNodeShareItAndTheLongerGoesOnAlone() {
    SharedLink link = new SharedLink(events, 1, 100, 100);
    transfer(link, 0, 0, 100);
    transfer(link, 0, 0, 300);
    run();
    assertEquals(List.of(2.0, 4.0), ends);
  }

  @Test
  void whatANodesLimitLeavesOverGoesToTheOthers() {
    SharedLink link = new SharedLink(events, 3, 100, 45);
    // Three on node 0 have 15 each; the ones on 1 and 2 share the other 55.
    transfer(link, 0, 0, 150);
    transfer(link, 0, 0, 150);
    transfer(link, 0, 0, 150);
    transfer(link, 0, 1, 27.5);
    transfer(link, 0, 2, 27.5);
    run();
    assertEquals(1, ends.get(0), 1e-9);
    assertEquals(1, ends.get(1), 1e-9);
    assertEquals(10, ends.get(4), 1e-9);
  }

  @Test
  void unlimitedBandwidthTakesNoTimeAndIsCounted() {
    SharedLink link = new SharedLink(events, 1, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
    transfer(link, 2, 0, 1e12);
    run();
    assertEquals(List.of(2.0), ends);
    assertEquals(1e12, link.moved());
  }

  @Test
  void anyMixMovesAllBytesAndNeverFasterThanTheLimit() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    SharedLink link = new SharedLink(events, 5, 100, 30);
    double sum = 0;
    for (int i = 0; i < 2_000; i++) {
      double bytes = random.nextDouble(200);
      sum += bytes;
      transfer(link, random.nextDouble(1_500), random.nextInt(5), bytes);
    }
    run();
    assertEquals(2_000, ends.size(), "seed " + seed);
    assertEquals(sum, link.moved(), sum * 1e-9, "seed " + seed);
    assertTrue(link.fastest() <= 100 * (1 + 1e-12), () -> link.fastest() + ", seed " + seed);
    assertTrue(events.now() >= sum / 100);
  }

  @Test
  void underPoissonArrivalsAResponseTakesAsLongAsTheoryOfProcessorSharingSays() {
    SplittableRandom random = new SplittableRandom(7);
    SharedLink link = new SharedLink(events, 1, 1, 1);
    double load = 0.7;
    double[] sum = new double[1];
    double time = 0;
    int transfers = 200_000;
    for (int i = 0; i < transfers; i++) {
      time += -Math.log(1 - random.nextDouble()) / load;
      double arrival = time;
      events.at(arrival, () -> link.transfer(0, 1, () -> sum[0] += events.now() - arrival));
    }
    run();
    assertEquals(1 / (1 - load), sum[0] / transfers, 0.03 / (1 - load));
  }
}
