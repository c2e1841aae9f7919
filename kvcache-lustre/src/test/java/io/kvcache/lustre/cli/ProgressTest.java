package io.kvcache.lustre.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ProgressTest {
  private static final long SECONDS = 1_000_000_000L;

  @Test
  void whereTheWholeIsKnownThereIsABar() {
    assertEquals(
        "verify: [###############               ]  50 %, 1.0 GB of 2.0 GB, 500.0 MB/s",
        Progress.line("verify", 2_000_000_000L, 1_000_000_000L, 2 * SECONDS, ByteSize::text));
  }

  @Test
  void whereItIsNotThereAreAmountAndRate() {
    assertEquals(
        "stat: 5,000 entries, 2,500 entries/s",
        Progress.line("stat", 0, 5000, 2 * SECONDS, Progress::entries));
  }

  @Test
  void moreThanTheWholeIsTheWhole() {
    assertEquals(
        "verify: [##############################] 100 %, 30 B of 20 B, 30 B/s",
        Progress.line("verify", 20, 30, SECONDS, ByteSize::text));
  }
}
