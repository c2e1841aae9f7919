package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IoLimitsTest {
  private static IoLimits limits(int workers, double readShare) {
    return new IoLimits(workers, readShare, 1, 1, 1);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 0.25, 1, 1",
    "2, 0.25, 1, 1",
    "4, 0.25, 3, 1",
    "6, 0.25, 5, 1",
    "32, 0.25, 24, 8",
    "32, 0.9, 4, 4",
    "32, 0.01, 31, 8",
    "8, 0.99, 1, 1",
    "100, 0.29, 71, 25",
    "1024, 0.5, 512, 256"
  })
  void readsKeepTheirShareAndOneThreadMayWrite(
      int workers, double readShare, int writers, int starvedWriters) {
    assertEquals(writers, limits(workers, readShare).writers());
    assertEquals(starvedWriters, limits(workers, readShare).starvedWriters());
  }

  @Test
  void noKindOfCallMayLoseAllThreads() {
    for (int workers = 1; workers <= 1024; workers++) {
      IoLimits limits = limits(workers, 0.25);
      assertTrue(limits.hungWrites() >= 1);
      assertTrue(limits.hungReads() >= workers, "none is refused while none hangs");
      assertTrue(limits.maxThreads() - limits.spare() >= workers);
      assertTrue(limits.hungWrites() >= limits.writers());
      assertTrue(limits.hungReads() + limits.hungWrites() < limits.maxThreads());
    }
  }
}
