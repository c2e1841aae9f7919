package io.kvcache.tier;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.Seeds;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StateCutsTest {
  @Test
  void aStateIsKeptAfterEverySoManyChunksAndAfterTheLast() {
    StateCuts cuts = new StateCuts(Layouts.STATE, 4);
    assertArrayEquals(new int[] {64, 128, 160}, cuts.between(0, 165));
    assertArrayEquals(new int[] {128, 160}, cuts.between(64, 160));
    assertArrayEquals(new int[] {160}, cuts.between(159, 175));
    assertArrayEquals(new int[] {}, cuts.between(160, 175));
    assertArrayEquals(new int[] {}, cuts.between(0, 15));
  }

  @Test
  void agreesWithTheDefinition() {
    SplittableRandom random = Seeds.random("StateCutsTest");
    for (int round = 0; round < 2_000; round++) {
      int every = 1 + random.nextInt(6);
      int to = random.nextInt(400);
      int from = random.nextInt(to + 1);
      int last = to / Layouts.CHUNK;
      int[] expected =
          IntStream.rangeClosed(from + 1, to)
              .filter(c -> c % Layouts.CHUNK == 0)
              .filter(c -> c / Layouts.CHUNK % every == 0 || c / Layouts.CHUNK == last)
              .toArray();
      assertArrayEquals(expected, new StateCuts(Layouts.STATE, every).between(from, to));
    }
  }

  @Test
  void aLayoutWithoutStateHasNone() {
    assertArrayEquals(new int[] {}, new StateCuts(Layouts.WINDOW, 4).between(0, 165));
  }

  @Test
  void refusesARangeThatIsNone() {
    StateCuts cuts = new StateCuts(Layouts.STATE, 4);
    for (int[] range : new int[][] {{-1, 5}, {6, 5}}) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> cuts.between(range[0], range[1]))
              .getMessage();
      assertTrue(message.contains("stateCuts(" + range[0] + ", " + range[1] + ")"), message);
    }
  }
}
