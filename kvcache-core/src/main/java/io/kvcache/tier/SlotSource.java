package io.kvcache.tier;

/**
 * The slots of a tier: real memory, or their count alone for replays and simulations. Called under
 * the tier's lock, by one thread at a time.
 */
public interface SlotSource extends AutoCloseable {
  /** No slots at all, of any group. */
  SlotSource NONE = new NoSlots();

  /** Number of groups. */
  int groups();

  /** Bytes of a group's slot. */
  long slotBytes(int group);

  /** A free slot of the group, or null: then one of that group must be given back first. */
  Slot take(int group);

  /** Gives a slot back. */
  void give(Slot slot);

  /** Bytes of all slots there can be. */
  long capacityBytes();

  /** Frees the memory; every slot has been given back. */
  @Override
  void close();
}
