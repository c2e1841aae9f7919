package io.kvcache.tier;

class CountedSlotTierTest extends SlotTierContract {
  @Override
  protected SlotSource slots(int capacity) {
    return new CountedSlots(capacity);
  }
}
