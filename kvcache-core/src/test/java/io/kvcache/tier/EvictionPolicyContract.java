package io.kvcache.tier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Seeds;
import io.kvcache.spi.EvictionPolicy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What every eviction policy does; each policy's test inherits it. */
public abstract class EvictionPolicyContract {
  /** A policy that holds nothing yet. */
  protected abstract EvictionPolicy create();

  /** A chunk in a tree of prompts, and where a tier of a few slots holds it. */
  private static final class Chunk {
    final Chunk parent;
    final int index;
    final long key;
    int slot = -1;
    int pins;
    int residentChildren;

    Chunk(Chunk parent, int index, long key) {
      this.parent = parent;
      this.index = index;
      this.key = key;
    }
  }

  @Test
  void anEmptyPolicyNamesNobody() {
    assertEquals(-1, create().victim(slot -> true));
  }

  @Test
  void nobodyIsNamedWhenNothingMayBeEvicted() {
    EvictionPolicy policy = create();
    path(policy, 0, 1, 2);
    assertEquals(-1, policy.victim(slot -> false));
  }

  @Test
  void onlyWhatMayBeEvictedIsNamed() {
    EvictionPolicy policy = create();
    path(policy, 0, 1, 2, 3);
    assertEquals(1, policy.victim(slot -> slot == 1));
    assertEquals(2, policy.victim(slot -> slot <= 2));
  }

  @Test
  void namingDoesNotRemove() {
    EvictionPolicy policy = create();
    path(policy, 0, 1, 2);
    int victim = policy.victim(slot -> true);
    assertEquals(victim, policy.victim(slot -> true));
    policy.removed(victim);
    assertNotEquals(victim, policy.victim(slot -> true));
  }

  @Test
  void aSlotThatWasRemovedIsNamedAgainOnlyOnceItIsFull() {
    EvictionPolicy policy = create();
    path(policy, 0, 1);
    policy.removed(1);
    policy.removed(0);
    assertEquals(-1, policy.victim(slot -> true));
    policy.inserted(1, 77, 0);
    assertEquals(1, policy.victim(slot -> true));
  }

  @Test
  void slotsNeedNotComeInOrder() {
    EvictionPolicy policy = create();
    policy.inserted(1000, 1, 0);
    policy.inserted(3, 2, 1);
    policy.used(new int[] {1000, 3, -5, -5}, 2);
    assertEquals(3, policy.victim(slot -> true));
  }

  @Test
  void inRandomStreamsTheVictimIsAlwaysALeafThatNobodyPins() {
    SplittableRandom random = Seeds.random("EvictionPolicyContract");
    for (int round = 0; round < 40; round++) {
      new Stream(create(), random, 1 + random.nextInt(50)).run(300);
    }
  }

  private static void path(EvictionPolicy policy, int... slots) {
    for (int i = 0; i < slots.length; i++) {
      policy.inserted(slots[i], 1000L + slots[i], i);
    }
    policy.used(slots, slots.length);
  }

  /** Requests of a tier without bytes: some hold their path for a while. */
  private static final class Stream {
    private final EvictionPolicy policy;
    private final SplittableRandom random;
    private final Chunk[] bySlot;
    private final Deque<Integer> free = new ArrayDeque<>();
    private final List<Chunk[]> prompts = new ArrayList<>();
    private final List<List<Chunk>> open = new ArrayList<>();

    Stream(EvictionPolicy policy, SplittableRandom random, int capacity) {
      this.policy = policy;
      this.random = random;
      this.bySlot = new Chunk[capacity];
      for (int slot = 0; slot < capacity; slot++) {
        free.add(slot);
      }
    }

    void run(int requests) {
      for (int i = 0; i < requests; i++) {
        open.add(request(prompt()));
        while (open.size() > random.nextInt(4)) {
          open.remove(random.nextInt(open.size())).forEach(chunk -> chunk.pins--);
        }
      }
      open.forEach(path -> path.forEach(chunk -> chunk.pins--));
      drain();
    }

    private Chunk[] prompt() {
      Chunk[] base = prompts.isEmpty() ? new Chunk[0] : prompts.get(random.nextInt(prompts.size()));
      int shared = random.nextInt(base.length + 1);
      Chunk[] prompt = new Chunk[Math.max(1, shared + random.nextInt(8))];
      for (int i = 0; i < prompt.length; i++) {
        Chunk parent = i == 0 ? null : prompt[i - 1];
        prompt[i] = i < shared ? base[i] : new Chunk(parent, i, random.nextLong());
      }
      prompts.add(prompt);
      return prompt;
    }

    private List<Chunk> request(Chunk[] prompt) {
      List<Chunk> held = new ArrayList<>();
      for (Chunk chunk : prompt) {
        if (chunk.slot < 0 && !insert(chunk)) {
          break;
        }
        chunk.pins++;
        held.add(chunk);
      }
      policy.used(held.stream().mapToInt(chunk -> chunk.slot).toArray(), held.size());
      return held;
    }

    private boolean insert(Chunk chunk) {
      if (free.isEmpty()) {
        int victim = policy.victim(slot -> bySlot[slot].pins == 0);
        if (victim < 0) {
          for (Chunk resident : bySlot) {
            assertTrue(resident.pins > 0, "somebody could have been evicted");
          }
          return false;
        }
        evict(victim);
      }
      chunk.slot = free.pop();
      bySlot[chunk.slot] = chunk;
      if (chunk.parent != null) {
        chunk.parent.residentChildren++;
      }
      policy.inserted(chunk.slot, chunk.key, chunk.index);
      return true;
    }

    private void evict(int slot) {
      Chunk chunk = bySlot[slot];
      assertEquals(0, chunk.pins, "a pinned chunk was named");
      assertEquals(0, chunk.residentChildren, "a parent was named before its child");
      policy.removed(slot);
      if (chunk.parent != null) {
        chunk.parent.residentChildren--;
      }
      chunk.slot = -1;
      bySlot[slot] = null;
      free.push(slot);
    }

    private void drain() {
      Set<Integer> named = new HashSet<>();
      int resident = bySlot.length - free.size();
      for (int slot = policy.victim(s -> true); slot >= 0; slot = policy.victim(s -> true)) {
        assertTrue(named.add(slot), "a removed slot was named");
        assertFalse(bySlot[slot] == null, "an empty slot was named");
        evict(slot);
      }
      assertEquals(resident, named.size(), "slots that were never named");
    }
  }
}
