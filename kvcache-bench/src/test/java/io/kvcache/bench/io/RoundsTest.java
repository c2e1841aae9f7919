package io.kvcache.bench.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoundsTest {
  private final List<String> calls = new ArrayList<>();
  private final List<Long> heard = new ArrayList<>();

  /** Notes what it is asked to do, each pass slower than the one before. */
  private final class NotingSide implements IoSide {
    private final String name;
    private int seconds;

    NotingSide(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void remove() {
      calls.add(name + " removes");
    }

    @Override
    public Measured write(RunWatch watch) {
      calls.add(name + " writes");
      return new Measured(6_000_000, ++seconds, 0);
    }

    @Override
    public Measured read(RunWatch watch) {
      calls.add(name + " reads");
      return new Measured(6_000_000, seconds, 0);
    }

    @Override
    public int verify(RunWatch watch) {
      calls.add(name + " verifies");
      return 10;
    }
  }

  private final NotingSide a = new NotingSide("a");
  private final NotingSide b = new NotingSide("b");

  @Test
  void whichSideGoesFirstChangesWithEachRound() throws Exception {
    new Rounds(List.of(a, b), 10, RunWatch.NONE).run(2);
    assertEquals(
        List.of(
            "a removes",
            "a writes",
            "b removes",
            "b writes",
            "a reads",
            "b reads",
            "a verifies",
            "b verifies",
            "a removes",
            "a writes",
            "b removes",
            "b writes",
            "a reads",
            "b reads",
            "b removes",
            "b writes",
            "a removes",
            "a writes",
            "b reads",
            "a reads"),
        calls);
  }

  @Test
  void theFirstRoundIsNotCountedAndTheMiddleOneOfTheOthersIs() throws Exception {
    Rounds rounds = new Rounds(List.of(a, b), 10, RunWatch.NONE);
    rounds.run(3);
    SideResult result = rounds.result(a);
    assertEquals(3, result.writes().size());
    assertEquals(10, result.verified());
    assertEquals(2, result.write(Measured::mbPerSecond), "of 6/2, 6/3 and 6/4 MB/s");
    assertFalse(rounds.interrupted());
  }

  @Test
  void theWatchHearsOfEveryStep() throws Exception {
    RunWatch watch =
        images -> {
          heard.add(images);
          return true;
        };
    new Rounds(List.of(a, b), 10, watch).run(1);
    assertEquals(List.of(10L, 20L, 30L, 40L, 50L, 60L, 70L, 80L, 90L, 100L), heard);
    assertEquals(100, Rounds.steps(2, 10, 1));
  }

  @Test
  void aRunThatIsToEndKeepsTheRoundsThatItHas() throws Exception {
    Rounds rounds = new Rounds(List.of(a, b), 10, images -> images < 130);
    rounds.run(5);
    assertTrue(rounds.interrupted());
    assertEquals(1, rounds.result(a).reads().size());
    assertEquals(1, rounds.result(a).writes().size(), "no write without its read");
  }
}
