package io.kvcache.tier;

/** Where there is nothing to take. */
final class NoSlots implements SlotSource {
  @Override
  public int groups() {
    return 0;
  }

  @Override
  public long slotBytes(int group) {
    return 0;
  }

  @Override
  public Slot take(int group) {
    return null;
  }

  @Override
  public void give(Slot slot) {
    throw new IllegalStateException(slot + " was never taken here");
  }

  @Override
  public long capacityBytes() {
    return 0;
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
