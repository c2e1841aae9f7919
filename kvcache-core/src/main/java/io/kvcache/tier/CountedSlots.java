package io.kvcache.tier;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Slots of one group without bytes: the tier decides as it does when it serves, and moves nothing.
 */
public final class CountedSlots implements SlotSource {
  private final int capacity;
  private final Deque<Slot> free = new ArrayDeque<>();
  private int made;

  /**
   * @param capacity how many slots there are
   */
  public CountedSlots(int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity = " + capacity + " slots: at least 1");
    }
    this.capacity = capacity;
  }

  @Override
  public int groups() {
    return 1;
  }

  @Override
  public long slotBytes(int group) {
    return 1;
  }

  @Override
  public Slot take(int group) {
    if (!free.isEmpty()) {
      return free.pop();
    }
    return made < capacity ? Slot.counted(made++) : null;
  }

  @Override
  public void give(Slot slot) {
    free.push(slot);
  }

  @Override
  public long capacityBytes() {
    return capacity;
  }

  @Override
  public void close() {
    // Counting holds nothing.
  }
}
