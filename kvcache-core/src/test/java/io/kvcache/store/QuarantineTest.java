package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.ChunkKey;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class QuarantineTest {
  private static final long SECOND = 1_000_000_000L;

  private final ImagePath file = new ImagePath(Path.of("x"), GoldenImage.CHUNK.key(), 0, 0);
  private long now = Long.MAX_VALUE - SECOND; // wraps around
  private final Quarantine quarantine = new Quarantine(5 * SECOND, () -> now);

  @Test
  void aFileIsLeftAloneForAWhileAndOthersAreNot() {
    ChunkKey key = GoldenImage.CHUNK.key();
    quarantine.add(file);
    assertTrue(quarantine.contains(new ImagePath(Path.of("x"), key, 0, 0)), "by value");
    assertFalse(quarantine.contains(new ImagePath(Path.of("x"), key, 1, 0)));
    now += 5 * SECOND - 1;
    assertTrue(quarantine.contains(file));
    now++;
    assertFalse(quarantine.contains(file));
  }

  @Test
  void aFileThatHangsAgainIsLeftAloneForTwiceAsLongUpToTenMinutes() {
    long wait = 5 * SECOND;
    for (int i = 0; i < 10; i++) {
      quarantine.add(file);
      now += wait - 1;
      assertTrue(quarantine.contains(file), wait + " ns");
      now++;
      assertFalse(quarantine.contains(file));
      wait = Math.min(2 * wait, 600 * SECOND);
    }
  }

  @Test
  void aHungCallThatReturnsFreesTheFile() {
    quarantine.add(file);
    quarantine.add(file);
    quarantine.returned(file);
    assertFalse(quarantine.contains(file));
    quarantine.returned(file);
    quarantine.add(file);
    now += 5 * SECOND;
    assertFalse(quarantine.contains(file), "it starts anew");
    quarantine.returned(file);
    quarantine.returned(file);
    assertFalse(quarantine.contains(file));
  }
}
