package io.kvcache.tier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.ChunkKey;
import io.kvcache.KvScope;
import io.kvcache.PromptKeys;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.HandIo;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.Seeds;
import io.kvcache.prefix.HashedPrompt;
import io.kvcache.store.PendingIo;
import io.kvcache.store.ReadOutcome;
import io.kvcache.store.StoredChunk;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a tier does over any slots; each kind of slots has a test that inherits it. */
public abstract class SlotTierContract {
  /** Slots of one group, exactly so many. */
  protected abstract SlotSource slots(int capacity);

  /** Slots that tell what is out and whether they were closed. */
  private static final class Watched implements SlotSource {
    private final SlotSource slots;
    final Set<Integer> out = new HashSet<>();
    int most;
    int closes;

    Watched(SlotSource slots) {
      this.slots = slots;
    }

    @Override
    public int groups() {
      return slots.groups();
    }

    @Override
    public long slotBytes(int group) {
      return slots.slotBytes(group);
    }

    @Override
    public Slot take(int group) {
      Slot slot = slots.take(group);
      if (slot != null) {
        assertTrue(out.add(slot.number()), "slot " + slot.number() + " was handed out twice");
        most = Math.max(most, out.size());
      }
      return slot;
    }

    @Override
    public void give(Slot slot) {
      assertTrue(out.remove(slot.number()), "slot " + slot.number() + " was given back twice");
      slots.give(slot);
    }

    @Override
    public long capacityBytes() {
      return slots.capacityBytes();
    }

    @Override
    public void close() {
      assertEquals(Set.of(), out, "closed with slots out");
      closes++;
      slots.close();
    }
  }

  private final List<StoredChunk> evicted = new ArrayList<>();
  private Watched slots;

  private SlotTier tier(int capacity) {
    slots = new Watched(slots(capacity));
    return new SlotTier(slots, LruPolicy::new, (chunk, group) -> evicted.add(chunk));
  }

  private static PromptKeys keys(int[] tokens) {
    return HashedPrompt.of(Layouts.FULL, Caches.SEED, tokens, KvScope.NONE);
  }

  private static PromptKeys keys(long seed, int chunks) {
    return keys(FakeEngine.prompt(seed, chunks * Layouts.CHUNK));
  }

  /** What a request that stores does: leaves the path pinned; returns how much of it is there. */
  private static int store(SlotTier tier, PromptKeys keys, ResidentImage[] path) {
    int i = tier.pinLeading(keys, 0, 0, keys.chunks(), path);
    for (; i < keys.chunks(); i++) {
      path[i] = tier.pin(StoredChunk.of(keys, i), 0);
      if (path[i] == null) {
        Slot slot = tier.take(0);
        if (slot == null) {
          break;
        }
        path[i] = tier.publish(StoredChunk.of(keys, i), slot);
      }
    }
    tier.used(0, path, 0, i);
    return i;
  }

  private static int store(SlotTier tier, PromptKeys keys) {
    ResidentImage[] path = new ResidentImage[keys.chunks()];
    int stored = store(tier, keys, path);
    tier.unpin(path, 0, path.length);
    return stored;
  }

  @Test
  void holdsExactlyItsCapacityAndThenOnlyWhatIsPinned() {
    for (int capacity : new int[] {1, 2, 7, 16, 33, 100}) {
      SlotTier tier = tier(capacity);
      PromptKeys keys = keys(1, capacity + 3);
      ResidentImage[] path = new ResidentImage[keys.chunks()];
      assertEquals(capacity, store(tier, keys, path));
      assertNull(tier.take(0), "all is pinned");
      assertNull(tier.pinOrLoad(StoredChunk.of(keys, capacity), 0, neverCalled()));
      assertEquals(capacity, tier.stats().images());
      assertEquals(capacity, tier.stats().pinnedImages());
      assertEquals(capacity * slots.slotBytes(0), tier.stats().usedBytes());
      assertEquals(List.of(), evicted);
      tier.unpin(path, 0, path.length);
      tier.close();
    }
  }

  private static SlotTier.Loader neverCalled() {
    return loading -> {
      throw new AssertionError("nothing is to be loaded");
    };
  }

  @Test
  void theDeepestChunkOfTheOldestPromptMakesRoom() {
    SlotTier tier = tier(6);
    PromptKeys old = keys(1, 3);
    PromptKeys young = keys(2, 3);
    store(tier, old);
    store(tier, young);
    store(tier, keys(3, 2));
    assertEquals(
        List.of(old.chunk(2), old.chunk(1)), evicted.stream().map(StoredChunk::key).toList());
    assertEquals(1, tier.leading(old, 0, 3));
    assertEquals(3, tier.leading(young, 0, 3));
    assertEquals(2, tier.stats().evicted());
    tier.close();
  }

  @Test
  void aPromptDoesNotEvictItsOwnPath() {
    SlotTier tier = tier(5);
    PromptKeys keys = keys(1, 9);
    assertEquals(5, store(tier, keys));
    assertEquals(5, tier.leading(keys, 0, 9));
    assertEquals(5, store(tier, keys));
    assertEquals(List.of(), evicted);
    tier.close();
  }

  @Test
  void inRandomStreamsLeavesGoFirstPinnedChunksStayAndTheCapacityHolds() {
    SplittableRandom random = Seeds.random("SlotTierContract");
    for (int round = 0; round < 20; round++) {
      int capacity = 1 + random.nextInt(40);
      slots = new Watched(slots(capacity));
      Map<ChunkKey, Integer> resident = new HashMap<>();
      Set<ChunkKey> pinned = new HashSet<>();
      Map<ChunkKey, ChunkKey> parents = new HashMap<>();
      SlotTier tier =
          new SlotTier(
              slots,
              LruPolicy::new,
              (gone, group) -> {
                assertFalse(pinned.contains(gone.key()), "a pinned chunk was evicted");
                assertFalse(
                    resident.keySet().stream().anyMatch(c -> gone.key().equals(parents.get(c))),
                    "a parent was evicted before its child");
                assertNotNull(resident.remove(gone.key()));
              });
      List<int[]> prompts = new ArrayList<>();
      for (int request = 0; request < 150; request++) {
        PromptKeys keys = keys(prompt(random, prompts));
        PromptKeys other = keys(prompts.get(random.nextInt(prompts.size())));
        for (PromptKeys k : List.of(keys, other)) {
          for (int i = 0; i < k.chunks(); i++) {
            parents.put(k.chunk(i), k.parent(i));
          }
        }
        ResidentImage[] held = new ResidentImage[other.chunks()];
        int leading = tier.pinLeading(other, 0, 0, held.length, held);
        for (int i = 0; i < leading; i++) {
          pinned.add(other.chunk(i));
        }
        int present = tier.leading(keys, 0, keys.chunks());
        for (int i = 0; i < present; i++) {
          pinned.add(keys.chunk(i));
        }
        ResidentImage[] path = new ResidentImage[keys.chunks()];
        int stored = storeTold(tier, keys, path, resident, pinned);
        assertEquals(stored, tier.leading(keys, 0, keys.chunks()), "its own path is there");
        tier.unpin(path, 0, path.length);
        tier.unpin(held, 0, held.length);
        pinned.clear();
        assertEquals(resident.size(), tier.stats().images());
        assertTrue(resident.size() <= capacity);
      }
      assertTrue(slots.most <= capacity);
      tier.close();
      assertEquals(1, slots.closes);
    }
  }

  private static int storeTold(
      SlotTier tier,
      PromptKeys keys,
      ResidentImage[] path,
      Map<ChunkKey, Integer> resident,
      Set<ChunkKey> pinned) {
    int i = tier.pinLeading(keys, 0, 0, keys.chunks(), path);
    for (; i < keys.chunks(); i++) {
      path[i] = tier.pin(StoredChunk.of(keys, i), 0);
      if (path[i] == null) {
        Slot slot = tier.take(0);
        if (slot == null) {
          break;
        }
        path[i] = tier.publish(StoredChunk.of(keys, i), slot);
        resident.put(keys.chunk(i), i);
      }
      pinned.add(keys.chunk(i));
    }
    tier.used(0, path, 0, i);
    return i;
  }

  private static int[] prompt(SplittableRandom random, List<int[]> prompts) {
    int[] base = prompts.isEmpty() ? new int[0] : prompts.get(random.nextInt(prompts.size()));
    int shared = random.nextInt(base.length / Layouts.CHUNK + 1);
    int[] prompt = Arrays.copyOf(base, (shared + 1 + random.nextInt(6)) * Layouts.CHUNK);
    for (int i = shared * Layouts.CHUNK; i < prompt.length; i++) {
      prompt[i] = random.nextInt(128_000);
    }
    prompts.add(prompt);
    return prompt;
  }

  @Test
  void concurrentPinnersOfOneImageShareOneLoad() throws Exception {
    SlotTier tier = tier(4);
    StoredChunk chunk = StoredChunk.of(keys(1, 1), 0);
    HandIo<ReadOutcome> read = new HandIo<>();
    AtomicInteger loads = new AtomicInteger();
    CyclicBarrier start = new CyclicBarrier(8);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Future<ResidentImage>> images = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      images.add(
          threads.submit(
              () -> {
                start.await();
                return tier.pinOrLoad(
                    chunk,
                    0,
                    loading -> {
                      loads.incrementAndGet();
                      return read;
                    });
              }));
    }
    ResidentImage image = images.get(0).get();
    for (Future<ResidentImage> other : images) {
      assertSame(image, other.get());
    }
    assertEquals(1, loads.get());
    assertFalse(image.isReady());
    read.complete(ReadOutcome.OK);
    assertTrue(image.isReady());
    for (int pin = 0; pin < 8; pin++) {
      assertEquals(1, tier.stats().pinnedImages());
      tier.unpin(image);
    }
    assertEquals(0, tier.stats().pinnedImages());
    threads.shutdown();
    tier.close();
  }

  @Test
  void aReadThatIsWaitedForWhileItIsBeingQueuedIsADemand() {
    SlotTier tier = tier(2);
    HandIo<ReadOutcome> read = new HandIo<>();
    ResidentImage image =
        tier.pinOrLoad(
            StoredChunk.of(keys(1, 1), 0),
            0,
            loading -> {
              loading.demand();
              return read;
            });
    assertTrue(read.isDemanded());
    read.complete(ReadOutcome.OK);
    tier.unpin(image);
    tier.close();
  }

  @Test
  void anImageBeingReadIsNotEvictedThoughNobodyWaitsForIt() {
    SlotTier tier = tier(1);
    HandIo<ReadOutcome> read = new HandIo<>();
    ResidentImage image = tier.pinOrLoad(StoredChunk.of(keys(1, 1), 0), 0, loading -> read);
    tier.unpin(image);
    assertNull(tier.take(0));
    read.complete(ReadOutcome.OK);
    Slot slot = tier.take(0);
    assertNotNull(slot);
    tier.give(slot);
    tier.close();
    assertEquals(1, slots.closes);
  }

  @Test
  void anAbandonedReadKeepsItsSlotUntilItReturns() {
    SlotTier tier = tier(1);
    HandIo<ReadOutcome> read = new HandIo<>();
    StoredChunk chunk = StoredChunk.of(keys(1, 1), 0);
    ResidentImage image = tier.pinOrLoad(chunk, 0, loading -> read);
    read.abandon(ReadOutcome.TIMED_OUT);
    assertEquals(ReadOutcome.TIMED_OUT, image.loaded.join());
    assertFalse(tier.holds(chunk, 0), "nobody else is to wait for it");
    tier.unpin(image);
    assertNull(tier.take(0), "the system call may still write there");
    read.release();
    Slot slot = tier.take(0);
    assertNotNull(slot);
    tier.give(slot);
    tier.close();
    assertEquals(1, slots.closes);
  }

  @Test
  void aFailedLoadLeavesTheIndexAndItsSlotReturns() {
    for (ReadOutcome outcome : ReadOutcome.values()) {
      if (outcome != ReadOutcome.OK) {
        checkFailedLoad(loading -> PendingIo.ended(outcome), outcome);
      }
    }
  }

  @Test
  void aLoadThatBreaksIsAFailedLoad() {
    checkFailedLoad(
        loading -> {
          throw new IllegalStateException("broken at once");
        },
        ReadOutcome.IO_ERROR);
    checkFailedLoad(
        loading -> {
          throw new OutOfMemoryError("unable to create native thread");
        },
        ReadOutcome.IO_ERROR);
  }

  private void checkFailedLoad(SlotTier.Loader loader, ReadOutcome expected) {
    SlotTier tier = tier(1);
    StoredChunk chunk = StoredChunk.of(keys(1, 1), 0);
    ResidentImage image = tier.pinOrLoad(chunk, 0, loader);
    assertEquals(expected, image.loaded.join());
    assertFalse(tier.holds(chunk, 0));
    assertNull(tier.take(0), "its reader may still look at the slot");
    tier.unpin(image);
    assertEquals(0, tier.stats().pinnedImages());
    assertEquals(0, tier.stats().usedBytes());
    Slot slot = tier.take(0);
    assertNotNull(slot);
    tier.give(slot);
    tier.close();
    assertEquals(1, slots.closes);
  }

  @Test
  void theNextRequestLoadsAgainWhatFailed() {
    SlotTier tier = tier(2);
    StoredChunk chunk = StoredChunk.of(keys(1, 1), 0);
    ResidentImage failed =
        tier.pinOrLoad(chunk, 0, loading -> PendingIo.ended(ReadOutcome.MISSING));
    ResidentImage again = tier.pinOrLoad(chunk, 0, loading -> PendingIo.ended(ReadOutcome.OK));
    assertTrue(again.isReady());
    assertFalse(failed.isReady());
    tier.unpin(failed);
    assertTrue(tier.holds(chunk, 0), "the old image's end does not end the new one");
    tier.unpin(again);
    tier.close();
  }

  @Test
  void whoPublishesSecondGetsTheFirstImage() {
    SlotTier tier = tier(2);
    StoredChunk chunk = StoredChunk.of(keys(1, 1), 0);
    Slot one = tier.take(0);
    Slot two = tier.take(0);
    ResidentImage first = tier.publish(chunk, one);
    assertSame(first, tier.publish(chunk, two));
    assertEquals(1, tier.stats().images());
    assertEquals(Set.of(one.number()), slots.out);
    tier.unpin(first);
    tier.unpin(first);
    assertEquals(0, tier.stats().pinnedImages());
    tier.close();
  }

  @Test
  void anImageThatIsForgottenKeepsItsSlotWhileItIsPinned() {
    SlotTier tier = tier(1);
    StoredChunk chunk = StoredChunk.of(keys(1, 1), 0);
    ResidentImage image = tier.publish(chunk, tier.take(0));
    tier.forget(image);
    tier.forget(image);
    assertFalse(tier.holds(chunk, 0));
    assertNull(tier.take(0));
    tier.unpin(image);
    assertEquals(0, tier.stats().usedBytes());
    tier.close();
  }

  @Test
  void purgingAScopeForgetsItsImagesAndNoOthers() {
    SlotTier tier = tier(9);
    int[] tokens = FakeEngine.prompt(1, 3 * Layouts.CHUNK);
    KvScope tenant = KvScope.of("a");
    PromptKeys theirs = HashedPrompt.of(Layouts.FULL, Caches.SEED, tokens, tenant);
    PromptKeys others = HashedPrompt.of(Layouts.FULL, Caches.SEED, tokens, KvScope.of("b"));
    PromptKeys nobodys = keys(tokens);
    store(tier, theirs);
    store(tier, others);
    store(tier, nobodys);
    ResidentImage held = tier.pin(StoredChunk.of(theirs, 0), 0);
    assertEquals(3, tier.purge(tenant.digest()));
    assertEquals(3, evicted.size());
    assertEquals(0, tier.leading(theirs, 0, 3));
    assertEquals(3, tier.leading(others, 0, 3));
    assertEquals(3, tier.leading(nobodys, 0, 3));
    assertEquals(7, slots.out.size(), "a pinned one keeps its slot");
    tier.unpin(held);
    assertEquals(6, slots.out.size());
    assertEquals(0, tier.purge(tenant.digest()));
    tier.close();
  }

  @Test
  void unpinningMoreOftenThanPinningThrows() {
    SlotTier tier = tier(2);
    ResidentImage image = tier.publish(StoredChunk.of(keys(1, 1), 0), tier.take(0));
    tier.pinAgain(image);
    tier.unpin(image);
    tier.unpin(image);
    String message =
        assertThrows(IllegalStateException.class, () -> tier.unpin(image)).getMessage();
    assertTrue(message.contains("unpinned"), message);
    assertEquals(0, tier.stats().pinnedImages());
    tier.close();
  }

  @Test
  void closeForgetsEverythingAndFreesTheMemory() {
    SlotTier tier = tier(4);
    PromptKeys keys = keys(1, 4);
    store(tier, keys);
    tier.close();
    tier.close();
    assertEquals(1, slots.closes);
    assertEquals(0, tier.stats().images());
    assertEquals(0, tier.stats().usedBytes());
    assertEquals(0, tier.stats().pinnedImages());
    assertEquals(0, tier.leading(keys, 0, 4));
    assertNull(tier.take(0));
    assertNull(tier.pinOrLoad(StoredChunk.of(keys, 0), 0, neverCalled()));
  }

  @Test
  void closeWithPinsOutstandingFreesTheMemoryAtTheLastUnpin() {
    SlotTier tier = tier(4);
    PromptKeys keys = keys(1, 3);
    ResidentImage[] path = new ResidentImage[3];
    store(tier, keys, path);
    ResidentImage last = path[2];
    tier.close();
    assertEquals(0, slots.closes);
    tier.unpin(path, 0, 2);
    assertEquals(0, slots.closes);
    tier.unpin(last);
    assertTrue(slots.closes > 0);
    assertEquals(0, tier.stats().usedBytes());
  }

  @Test
  void aReadThatEndsAfterCloseFreesTheMemory() {
    for (ReadOutcome outcome : List.of(ReadOutcome.OK, ReadOutcome.MISSING)) {
      SlotTier tier = tier(2);
      HandIo<ReadOutcome> read = new HandIo<>();
      ResidentImage image = tier.pinOrLoad(StoredChunk.of(keys(1, 1), 0), 0, loading -> read);
      tier.close();
      tier.unpin(image);
      assertEquals(0, slots.closes, "the read still writes into the slot");
      read.complete(outcome);
      assertTrue(slots.closes > 0);
    }
  }

  @Test
  void aSlotThatIsPublishedAfterCloseFreesTheMemoryAtItsUnpin() {
    SlotTier tier = tier(2);
    StoredChunk chunk = StoredChunk.of(keys(1, 1), 0);
    Slot slot = tier.take(0);
    Slot unused = tier.take(0);
    tier.close();
    tier.give(unused);
    ResidentImage image = tier.publish(chunk, slot);
    assertFalse(tier.holds(chunk, 0));
    assertEquals(0, slots.closes);
    tier.unpin(image);
    assertTrue(slots.closes > 0);
    assertEquals(0, tier.stats().usedBytes());
  }
}
