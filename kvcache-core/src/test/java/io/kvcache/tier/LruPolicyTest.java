package io.kvcache.tier;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kvcache.fixture.Seeds;
import io.kvcache.spi.EvictionPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LruPolicyTest extends EvictionPolicyContract {
  @Override
  protected EvictionPolicy create() {
    return new LruPolicy();
  }

  @Test
  void theTailOfTheOldestPathLeavesFirst() {
    LruPolicy policy = new LruPolicy();
    for (int slot = 0; slot < 6; slot++) {
      policy.inserted(slot, slot, slot % 3);
    }
    policy.used(new int[] {0, 1, 2}, 3);
    policy.used(new int[] {3, 4, 5}, 3);
    policy.used(new int[] {0, 1}, 2);
    List<Integer> order = new ArrayList<>();
    for (int slot = policy.victim(s -> true); slot >= 0; slot = policy.victim(s -> true)) {
      order.add(slot);
      policy.removed(slot);
    }
    assertEquals(List.of(2, 5, 4, 3, 1, 0), order);
  }

  @Test
  void doesWhatAListOfSlotsByLastUseDoes() {
    SplittableRandom random = Seeds.random("LruPolicyTest");
    LruPolicy policy = new LruPolicy();
    List<Integer> oldestFirst = new ArrayList<>();
    for (int step = 0; step < 20_000; step++) {
      int slot = random.nextInt(200);
      if (!oldestFirst.contains(slot)) {
        policy.inserted(slot, random.nextLong(), 0);
        oldestFirst.add(slot);
      } else if (random.nextInt(3) == 0) {
        policy.removed(slot);
        oldestFirst.remove((Integer) slot);
      } else {
        int[] path = random.ints(5, 0, 200).distinct().filter(oldestFirst::contains).toArray();
        policy.used(path, path.length);
        for (int i = path.length - 1; i >= 0; i--) {
          oldestFirst.remove((Integer) path[i]);
          oldestFirst.add(path[i]);
        }
      }
      int spared = random.nextInt(4);
      int expected = oldestFirst.stream().filter(s -> s % 4 != spared).findFirst().orElse(-1);
      assertEquals(expected, policy.victim(s -> s % 4 != spared));
    }
  }
}
