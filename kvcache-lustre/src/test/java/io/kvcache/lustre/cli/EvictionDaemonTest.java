package io.kvcache.lustre.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.store.EvictionReport;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** When the daemon passes, by a clock and rests of its own. */
class EvictionDaemonTest {
  private static final long INTERVAL = TimeUnit.SECONDS.toNanos(60);

  private final AtomicLong clock = new AtomicLong();
  private final List<Long> rests = new ArrayList<>();
  private final List<EvictionReport> removed = new ArrayList<>();
  private int passes;
  private long oneRest;

  private static EvictionReport report(long deleted, long orphans) {
    return new EvictionReport(10, deleted, 0, 0, 0, false, 0, 0, orphans, 0, 0, true);
  }

  private void run(int rounds, BooleanSupplier worthwhile, Supplier<EvictionReport> pass) {
    new EvictionDaemon(
            INTERVAL,
            worthwhile,
            () -> {
              passes++;
              return pass.get();
            },
            removed::add,
            rest -> {
              rests.add(rest);
              clock.addAndGet(oneRest);
              return rests.size() < rounds;
            },
            clock::get)
        .run();
  }

  private void assertRestsAbout(long nanos) {
    for (long rest : rests) {
      assertTrue(rest >= 0.8 * nanos && rest <= 1.2 * nanos, rests.toString());
    }
  }

  @Test
  void afterTheFirstPassNothingIsScannedWhileThereIsRoom() {
    run(5, () -> false, () -> report(0, 0));
    assertEquals(1, passes);
    assertEquals(List.of(), removed);
    assertRestsAbout(INTERVAL);
  }

  @Test
  void whatDeadWritersLeftIsLookedForAtTheStartAndAFewTimesADayHoweverMuchRoomThereIs() {
    oneRest = TimeUnit.MINUTES.toNanos(10);
    run(24 * 6, () -> false, () -> report(0, 1));
    assertEquals(4, passes);
    assertEquals(4, removed.size());
  }

  @Test
  void aFirstPassThatFailsIsMadeAgainThoughThereIsRoom() {
    run(
        3,
        () -> false,
        () -> {
          if (passes == 1) {
            throw new OutOfMemoryError("a hundred million files");
          }
          return report(0, 1);
        });
    assertEquals(2, passes);
  }

  @Test
  void onlyPassesThatRemovedSomethingAreSaid() {
    run(3, () -> true, () -> report(passes == 2 ? 7 : 0, passes == 3 ? 1 : 0));
    assertEquals(3, passes);
    assertEquals(List.of(report(7, 0), report(0, 1)), removed);
  }

  @Test
  void aScanThatTakesLongIsMadeMoreRarely() {
    run(
        3,
        () -> true,
        () -> {
          clock.addAndGet(10 * INTERVAL);
          return report(1, 0);
        });
    assertRestsAbout(30 * INTERVAL);
  }

  @Test
  void restsDifferSoThatNodesDoNotKeepStep() {
    run(50, () -> false, () -> report(0, 0));
    assertTrue(rests.stream().distinct().count() > 25, rests.toString());
  }

  @Test
  void aPassThatFailsIsFollowedByAnother() {
    run(
        2,
        () -> true,
        () -> {
          if (passes == 1) {
            throw new OutOfMemoryError("a hundred million files");
          }
          return report(3, 0);
        });
    assertEquals(List.of(report(3, 0)), removed);
  }
}
