package io.kvcache.bench.io;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class PayloadTest {
  private static final int BYTES = 5 * IoShape.PAGE_BYTES;

  private final Payload payload = new Payload(BYTES);
  private final ByteBuffer slot = ByteBuffer.allocateDirect(BYTES);

  private void fill(int pass, int image) {
    payload.fill(slot);
    payload.stamp(slot, pass, image);
  }

  @Test
  void anImageIsFoundInTheSlotThatWasStampedWithIt() {
    fill(1, 7);
    assertTrue(payload.isIn(slot, 1, 7));
    assertFalse(payload.isIn(slot, 1, 8), "another image");
    assertFalse(payload.isIn(slot, 2, 7), "another pass");
  }

  @Test
  void everyByteBehindTheHeaderIsCompared() {
    for (int at = IoShape.PAGE_BYTES; at < BYTES; at++) {
      fill(1, 7);
      slot.put(at, (byte) ~slot.get(at));
      assertFalse(payload.isIn(slot, 1, 7), "byte " + at);
    }
  }

  @Test
  void pagesThatChangedPlacesAreFound() {
    fill(1, 7);
    ByteBuffer second = ByteBuffer.allocate(IoShape.PAGE_BYTES);
    second.put(0, slot, IoShape.PAGE_BYTES, IoShape.PAGE_BYTES);
    slot.put(IoShape.PAGE_BYTES, slot, 2 * IoShape.PAGE_BYTES, IoShape.PAGE_BYTES);
    slot.put(2 * IoShape.PAGE_BYTES, second, 0, IoShape.PAGE_BYTES);
    assertFalse(payload.isIn(slot, 1, 7));
  }

  @Test
  void anErasedSlotHoldsNoImage() {
    fill(1, 7);
    payload.erase(slot);
    assertFalse(payload.isIn(slot, 1, 7));
  }
}
