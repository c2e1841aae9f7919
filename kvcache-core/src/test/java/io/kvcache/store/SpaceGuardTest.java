package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.FaultyChunkIo;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.spi.IoFault;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpaceGuardTest {
  private static final long SECOND = 1_000_000_000L;

  @TempDir Path root;
  private FaultyChunkIo io;
  private SpaceGuard guard;
  private long now = Long.MAX_VALUE - 5 * SECOND; // wraps around in the longer tests

  @BeforeEach
  void guard() {
    io = new FaultyChunkIo(NioChunkIo.open(root));
    guard = new SpaceGuard(io, root, 100, () -> now);
  }

  @Test
  void itDeclinesWhatWouldGoBelowTheFloorAndCountsWhatItAdmitted() {
    io.setUsableBytes(150);
    assertTrue(guard.admits(30));
    assertTrue(guard.admits(20));
    assertFalse(guard.admits(1));
    assertEquals(1, io.count(Op.USABLE_BYTES));
  }

  @Test
  void itAsksTheFilesystemAgainAfterASecond() {
    io.setUsableBytes(100);
    assertFalse(guard.admits(1));
    io.setUsableBytes(200);
    now += SECOND - 1;
    assertFalse(guard.admits(1));
    now += 1;
    assertTrue(guard.admits(1));
  }

  @Test
  void theDefaultFloorIsATwentiethOfTheFilesystemAndAtMostTenGiB() throws Exception {
    long floor = Math.min(io.totalBytes(root) / 20, 10L << 30);
    SpaceGuard standard = new SpaceGuard(io, root, -1, () -> now);
    io.setUsableBytes(floor + 10);
    assertTrue(standard.admits(10));
    assertFalse(standard.admits(1));
  }

  @Test
  void aFullFilesystemIsLeftAloneLongerEachTimeUpToAMinute() {
    long[] waits = {1, 2, 4, 8, 16, 32, 60, 60};
    for (long seconds : waits) {
      guard.full();
      assertFalse(guard.admits(1), "at once");
      now += seconds * SECOND - 1;
      assertFalse(guard.admits(1), "just before " + seconds + " s");
      now += 1;
      assertTrue(guard.admits(1), "comes back by itself after " + seconds + " s");
    }
  }

  @Test
  void manyWritesThatFailAtOnceAreOneFailure() {
    for (int i = 0; i < 32; i++) {
      guard.full();
    }
    now += SECOND;
    assertTrue(guard.admits(1));
  }

  @Test
  void aWriteThatGoesThroughEndsTheBackOff() {
    guard.full();
    now += SECOND;
    guard.full();
    guard.succeeded();
    assertTrue(guard.admits(1));
    guard.full();
    now += SECOND;
    assertTrue(guard.admits(1), "and the next one starts small");
  }

  @Test
  void aFilesystemThatCannotBeAskedLeavesTheDecisionToTheWrite() {
    io.fail(Op.USABLE_BYTES, IoFault.TRANSIENT);
    assertTrue(guard.admits(Long.MAX_VALUE / 2));
    io.heal();
    io.setUsableBytes(100);
    assertFalse(guard.admits(1), "and is asked again at once");
  }

  @Test
  void aFilesystemThatDoesNotSayHowLargeItIsIsNotTakenForFull() {
    io.setSizeless();
    assertTrue(guard.admits(1 << 30));
    guard.full();
    assertFalse(guard.admits(1), "until a write says so");
  }
}
