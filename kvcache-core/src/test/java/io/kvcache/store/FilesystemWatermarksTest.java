package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kvcache.fixture.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** How much goes, on a filesystem of a thousand bytes that gives space back late, by its clock. */
class FilesystemWatermarksTest {
  private static final long SETTLE = 6_400;
  private static final long PAUSE = SETTLE / 4;
  private static final double HIGH = 0.85;
  private static final double LOW = 0.70;

  private record Gone(long at, long bytes) {}

  private final List<Gone> gone = new ArrayList<>();
  private long lag = PAUSE - 1;
  private long now = 1;
  private long others;
  private long ours;

  private Optional<FilesystemSpace> space() {
    long pending = gone.stream().filter(g -> now - g.at < lag).mapToLong(Gone::bytes).sum();
    return Optional.of(new FilesystemSpace(1000, 1000 - others - ours - pending));
  }

  /** One evictor: a node, or a daemon. */
  private final class Evictor {
    private final SettlingSpace settling = new SettlingSpace(SETTLE, () -> now);

    /** A pass that scans and removes in no time, but rests between its looks. */
    long pass() {
      FilesystemWatermarks watermarks =
          new FilesystemWatermarks(
              FilesystemWatermarksTest.this::space, settling, this::rest, HIGH, LOW);
      long scanned = ours;
      long keep = watermarks.keep(scanned, scanned);
      long removed = Math.max(0, ours - Math.max(0, keep));
      if (removed > 0) {
        ours -= removed;
        gone.add(new Gone(now, removed));
        watermarks.removed(removed);
      }
      return removed;
    }

    private boolean rest(long nanos) {
      now += nanos;
      return true;
    }
  }

  @Test
  void anyNumberOfEvictorsRemoveWhatOneWouldWhileSpaceComesBackWithinThePause() {
    SplittableRandom random = Seeds.random("late space");
    for (int round = 0; round < 200; round++) {
      gone.clear();
      ours = 600;
      others = random.nextLong(260, 400);
      lag = random.nextLong(PAUSE);
      long above = others + 600 - 700;
      List<Evictor> evictors = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        evictors.add(new Evictor());
      }
      for (int i = 0; i < 40; i++) {
        evictors.get(random.nextInt(5)).pass();
        now += random.nextLong(2 * PAUSE);
      }
      assertEquals(600 - above, ours, "round " + round);
    }
  }

  @Test
  void oneEvictorRemovesNoMoreThanItShouldWhileSpaceComesBackWithinTheSettleTime() {
    lag = SETTLE;
    ours = 600;
    others = 300;
    Evictor evictor = new Evictor();
    assertEquals(200, evictor.pass());
    for (int i = 0; i < 10; i++) {
      now += SETTLE / 10;
      assertEquals(0, evictor.pass(), "pass " + i);
    }
  }

  @Test
  void whatWasSeenToComeBackMakesRoomForNobodyTwice() {
    lag = 10;
    ours = 600;
    others = 300;
    Evictor evictor = new Evictor();
    assertEquals(200, evictor.pass());
    now += 20;
    assertEquals(0, evictor.pass());
    others += 190; // others write, and all of it counts
    assertEquals(190, evictor.pass());
  }

  @Test
  void aPassRestsOnlyWhereSomethingMayHaveToGo() {
    ours = 300;
    others = 500;
    long before = now;
    new Evictor().pass();
    assertEquals(before, now);
  }
}
