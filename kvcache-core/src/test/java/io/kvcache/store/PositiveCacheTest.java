package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.ChunkKey;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PositiveCacheTest {
  private static final long TTL = 1000;
  private final PositiveCache seen = new PositiveCache(TTL);

  private static ImagePath image(int i) {
    return new ImagePath(Path.of("d" + i % 7), ChunkKey.parse(String.format("%064x", i)), i, 0);
  }

  @Test
  void whatWasSeenIsBelievedUntilItsTimeIsOver() {
    seen.add(image(1), 5);
    assertTrue(seen.contains(image(1), 5 + TTL - 1));
    assertFalse(seen.contains(image(1), 5 + TTL));
    assertFalse(seen.contains(image(1), 5), "what expired is forgotten");
  }

  @Test
  void seeingItAgainStartsItsTimeAnew() {
    seen.add(image(1), 0);
    seen.add(image(1), TTL - 1);
    assertTrue(seen.contains(image(1), 2 * TTL - 2));
  }

  @Test
  void theClockMayWrapAround() {
    seen.add(image(1), Long.MAX_VALUE - 1);
    assertTrue(seen.contains(image(1), Long.MIN_VALUE + 10));
    assertFalse(seen.contains(image(1), Long.MIN_VALUE + 2 * TTL));
  }

  @Test
  void whatIsRemovedOrWasNeverSeenIsUnknown() {
    seen.add(image(1), 0);
    seen.remove(image(1));
    assertFalse(seen.contains(image(1), 0));
    assertFalse(seen.contains(image(2), 0));
  }

  @Test
  void itForgetsTheEldestBeyondItsSize() {
    int most = 1 << 16;
    for (int i = 0; i <= most; i++) {
      seen.add(image(i), 0);
    }
    assertFalse(seen.contains(image(0), 0));
    assertTrue(seen.contains(image(1), 0));
    assertTrue(seen.contains(image(most), 0));
  }
}
