package io.kvcache.tier;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kvcache.fixture.Caches;
import io.kvcache.fixture.Layouts;
import io.kvcache.store.Namespace;
import org.junit.jupiter.api.AfterEach;

class ArenaSlotTierTest extends SlotTierContract {
  private final DirectMemory memory = new DirectMemory();

  @Override
  protected SlotSource slots(int capacity) {
    Namespace namespace = Caches.namespace(Layouts.FULL);
    return new ArenaSlots(namespace, capacity * namespace.chunkBytes(), memory);
  }

  @AfterEach
  void everyTierGaveItsMemoryBack() {
    assertEquals(0, memory.allocatedBytes());
  }
}
