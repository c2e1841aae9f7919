package io.kvcache.tier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.ElementType;
import io.kvcache.KvLayout;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.HostDevice;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.LimitedMemory;
import io.kvcache.store.Namespace;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArenaSlotsTest {
  private final LimitedMemory memory = new LimitedMemory(256 << 20);

  private static List<Slot> takeAll(ArenaSlots slots, int group) {
    List<Slot> taken = new ArrayList<>();
    for (Slot slot = slots.take(group); slot != null; slot = slots.take(group)) {
      taken.add(slot);
    }
    return taken;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 15, 16, 17, 33, 1000})
  void oneGroupGetsExactlyAsManySlotsAsFit(int blocks) {
    Namespace namespace = Caches.namespace(Layouts.FULL);
    long image = namespace.chunkBytes();
    for (long rest : new long[] {0, 1, image - 1}) {
      ArenaSlots slots = new ArenaSlots(namespace, blocks * image + rest, memory);
      assertEquals(blocks, takeAll(slots, 0).size());
      slots.close();
    }
    assertEquals(0, memory.allocatedBytes());
  }

  @ParameterizedTest
  @ValueSource(ints = {4096, 16384})
  void everySlotIsAlignedDirectLittleEndianAndItsOwn(int alignment) {
    KvLayout layout = Layouts.HYBRID.toBuilder().alignment(alignment).build();
    Namespace namespace = Caches.namespace(layout);
    ArenaSlots slots = new ArenaSlots(namespace, 50 * namespace.chunkBytes(), memory);
    List<Slot> all = new ArrayList<>();
    for (int group = 0; group < slots.groups(); group++) {
      List<Slot> taken = takeAll(slots, group);
      for (int i = 0; i < taken.size(); i++) {
        ByteBuffer bytes = taken.get(i).bytes();
        assertEquals(0, bytes.alignmentOffset(0, alignment));
        assertTrue(bytes.isDirect());
        assertEquals(ByteOrder.LITTLE_ENDIAN, bytes.order());
        assertEquals(0, bytes.position());
        assertEquals(namespace.image(group).imageBytes(), bytes.capacity());
        assertEquals(i, taken.get(i).number(), "numbers are dense within a group");
        assertEquals(group, taken.get(i).group());
      }
      all.addAll(taken);
    }
    for (int i = 0; i < all.size(); i++) {
      fill(all.get(i).bytes(), i);
    }
    for (int i = 0; i < all.size(); i++) {
      ByteBuffer bytes = all.get(i).bytes();
      for (int at = 0; at < bytes.capacity(); at += 4) {
        assertEquals(i, bytes.getInt(at));
      }
    }
    slots.close();
  }

  private static void fill(ByteBuffer bytes, int value) {
    for (int at = 0; at < bytes.capacity(); at += 4) {
      bytes.putInt(at, value);
    }
  }

  @Test
  void memoryIsAskedForWhenItIsNeeded() {
    Namespace namespace = Caches.namespace(Layouts.FULL);
    ArenaSlots slots = new ArenaSlots(namespace, 160 * namespace.chunkBytes(), memory);
    assertEquals(0, memory.asked.size());
    List<Slot> taken = takeAll(slots, 0);
    assertEquals(160, taken.size());
    assertEquals(0, memory.asked.size(), "taking is done under the tier's lock");
    taken.get(0).bytes();
    taken.get(9).bytes();
    assertEquals(1, memory.asked.size());
    taken.get(10).bytes();
    assertEquals(2, memory.asked.size());
    slots.close();
  }

  @Test
  void arenasAreSmallHoweverLargeTheTierAndAnImageThatIsLargerHasItsOwn() {
    LimitedMemory none = new LimitedMemory(0);
    KvLayout llama8b = KvLayout.attention(32, 2, 128, ElementType.BF16);
    new ArenaSlots(Caches.namespace(llama8b), 512L << 30, none).take(0).isUsable();
    assertTrue(none.asked.get(0) <= 33 << 20, none.asked + " bytes");
    assertTrue(none.asked.get(0) > 24 << 20, none.asked + " bytes");
    KvLayout llama70b = KvLayout.attention(80, 8, 128, ElementType.BF16);
    new ArenaSlots(Caches.namespace(llama70b), 512L << 30, none).take(0).isUsable();
    assertTrue(none.asked.get(1) >= 80 << 20, none.asked + " bytes");
    assertTrue(none.asked.get(1) <= 81 << 20, none.asked + " bytes");
  }

  @Test
  void whereTheHostHasLessTheTierIsSmallerAndNothingThrows() {
    Namespace namespace = Caches.namespace(Layouts.FULL);
    LimitedMemory poor = new LimitedMemory(50 * namespace.chunkBytes());
    SlotTier tier =
        new SlotTier(
            new ArenaSlots(namespace, 160 * namespace.chunkBytes(), poor),
            LruPolicy::new,
            (chunk, group) -> {});
    List<Slot> got = new ArrayList<>();
    for (Slot slot = tier.take(0); slot != null; slot = tier.take(0)) {
      got.add(slot);
    }
    assertTrue(got.size() >= 40 && got.size() <= 50, got.size() + " slots");
    int asked = poor.asked.size();
    tier.give(got.get(0));
    assertNotNull(tier.take(0));
    assertNull(tier.take(0));
    assertEquals(asked, poor.asked.size(), "a host that has no more is not asked at each request");
    got.forEach(tier::give);
    tier.close();
    assertEquals(0, poor.allocatedBytes());
  }

  @Test
  void slotsOfAnArenaWithoutMemoryAreNotHandedOutOneByOne() {
    Namespace namespace = Caches.namespace(Layouts.FULL);
    LimitedMemory poor = new LimitedMemory(15 * namespace.chunkBytes());
    ArenaSlots slots = new ArenaSlots(namespace, 160 * namespace.chunkBytes(), poor);
    for (int i = 0; i < 10; i++) {
      assertTrue(slots.take(0).isUsable());
    }
    Slot broken = slots.take(0);
    assertFalse(broken.isUsable());
    slots.give(broken);
    assertNull(slots.take(0), "each of the others would cost one more read");
    slots.close();
  }

  @Test
  void everyGroupGetsASlotWhoeverComesFirst() {
    Namespace namespace = Caches.namespace(Layouts.HYBRID);
    for (int chunks : new int[] {1, 2, 5, 40}) {
      for (int greedy = 0; greedy < 3; greedy++) {
        ArenaSlots slots = new ArenaSlots(namespace, chunks * namespace.chunkBytes(), memory);
        long bytes = takeAll(slots, greedy).size() * slots.slotBytes(greedy);
        for (int other = 0; other < 3; other++) {
          if (other != greedy) {
            List<Slot> got = takeAll(slots, other);
            assertFalse(got.isEmpty(), greedy + " left nothing for " + other);
            bytes += got.size() * slots.slotBytes(other);
          }
        }
        assertTrue(bytes <= slots.capacityBytes());
        slots.close();
      }
    }
  }

  @Test
  void aWindowGroupGetsTheSlotsOfAWholeWindowThoughItComesLast() {
    Namespace namespace = Caches.namespace(Layouts.HYBRID);
    ArenaSlots slots = new ArenaSlots(namespace, 40 * namespace.chunkBytes(), memory);
    takeAll(slots, 0);
    // A window of 20 tokens touches three 16-token chunks at most.
    assertTrue(takeAll(slots, 1).size() >= 3);
    assertFalse(takeAll(slots, 2).isEmpty());
    slots.close();
  }

  @Test
  void closeGivesEveryBufferBack() {
    Namespace namespace = Caches.namespace(Layouts.WINDOW);
    ArenaSlots slots = new ArenaSlots(namespace, 40 * namespace.chunkBytes(), memory);
    for (int group = 1; group >= 0; group--) {
      List<Slot> taken = takeAll(slots, group);
      taken.forEach(Slot::bytes);
      taken.forEach(slots::give);
    }
    assertTrue(memory.allocatedBytes() > 0);
    slots.close();
    slots.close();
    assertEquals(0, memory.allocatedBytes());
  }

  @Test
  void aSlotThatIsUsedTooLateGetsNoMemoryThatNobodyWouldGiveBack() {
    Namespace namespace = Caches.namespace(Layouts.FULL);
    ArenaSlots slots = new ArenaSlots(namespace, 16 * namespace.chunkBytes(), memory);
    Slot late = slots.take(0);
    slots.close();
    assertThrows(IllegalStateException.class, late::bytes);
    assertEquals(0, memory.allocatedBytes());
  }

  @Test
  void aDevicesSlotThatIsUsedTooLateGetsNoMemoryEither() {
    HostDevice device = new HostDevice(1 << 20);
    Arena arena = new DeviceArena(device, 4096);
    arena.address(0);
    arena.release();
    assertThrows(IllegalStateException.class, () -> arena.address(0));
    arena.release();
    assertEquals(0, device.usedBytes());
  }
}
