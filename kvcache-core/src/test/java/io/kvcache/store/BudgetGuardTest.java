package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.FaultyChunkIo;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BudgetGuardTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long VALID = 100 * SECOND;

  @TempDir Path root;
  private FaultyChunkIo io;
  private BudgetGuard guard;
  private long now = Long.MAX_VALUE - 50 * SECOND; // wraps around in some tests
  private int owners = 1;

  @BeforeEach
  void guard() {
    io = new FaultyChunkIo(NioChunkIo.buffered("a test"));
    io.setUsableBytes(0); // a full filesystem proves nothing about what is ours
    guard = new BudgetGuard(new Budget(1000, 0.85, 0.7), io, root, () -> owners, () -> now);
  }

  @Test
  void afterAScanAnOwnerMayWriteItsShareOfATwentieth() {
    guard.scanned(0, 100, 1, VALID);
    assertTrue(guard.admits(20));
    assertTrue(guard.admits(5));
    assertFalse(guard.admits(1));
    assertEquals(1, guard.declined());
    assertEquals(125, guard.usage().orElseThrow());
    guard.written(25);
    guard.scanned(guard.mark(), 125, 4, VALID);
    assertTrue(guard.admits(10));
    assertFalse(guard.admits(1), "the more owners, the smaller the share");
  }

  @Test
  void nearTheBudgetItIsItsShareOfWhatIsLeft() {
    guard.scanned(0, 990, 1, VALID);
    assertTrue(guard.admits(5));
    assertFalse(guard.admits(1));
    guard.written(5);
    guard.scanned(guard.mark(), 1000, 1, VALID);
    assertFalse(guard.admits(1));
    guard.scanned(guard.mark(), 2000, 1, VALID);
    assertFalse(guard.admits(1));
  }

  @Test
  void whatWasWrittenWhileTheScanRanCounts() {
    guard.scanned(0, 100, 1, VALID);
    long mark = guard.mark();
    assertTrue(guard.admits(20));
    guard.scanned(mark, 100, 1, VALID);
    assertFalse(guard.admits(6));
    assertTrue(guard.admits(5));
  }

  @Test
  void whatIsUnderWayWhenAScanBeginsCountsAfterItWhetherOrNotItWasSeen() {
    guard.scanned(0, 100, 1, VALID);
    assertTrue(guard.admits(20));
    guard.scanned(guard.mark(), 100, 1, VALID);
    assertFalse(guard.admits(6), "20 are yet to come");
    guard.written(20);
    guard.scanned(guard.mark(), 120, 1, VALID);
    assertTrue(guard.admits(25));
  }

  @Test
  void whatFailsAfterAScanHasBegunIsNotGrantedTwice() {
    guard.scanned(0, 100, 1, VALID);
    assertTrue(guard.admits(25));
    guard.scanned(guard.mark(), 100, 1, VALID);
    guard.refund(25);
    assertTrue(guard.admits(25));
    assertFalse(guard.admits(1));
  }

  @Test
  void aWriteThatFailedGivesItsBytesBack() {
    guard.scanned(0, 100, 1, VALID);
    assertTrue(guard.admits(25));
    guard.refund(25);
    assertTrue(guard.admits(25));
  }

  @Test
  void anotherScanIsWantedAtHalfTheAllowance() {
    assertTrue(guard.wantsScan(), "there was none");
    guard.scanned(0, 100, 1, VALID);
    assertFalse(guard.wantsScan());
    guard.admits(12);
    assertFalse(guard.wantsScan());
    guard.admits(1);
    assertTrue(guard.wantsScan());
  }

  @Test
  void anAllowanceGoesStale() {
    guard.scanned(0, 100, 1, VALID);
    now += VALID;
    assertTrue(guard.admits(1));
    now += 1;
    assertTrue(guard.wantsScan());
    assertFalse(guard.admits(1));
  }

  @Test
  void beforeTheFirstScanAnOwnerMayWriteItsTwentieth() {
    owners = 4;
    assertTrue(guard.usage().isEmpty());
    assertTrue(guard.admits(10));
    assertFalse(guard.admits(1));
  }

  @Test
  void aFilesystemBelowTheHighWatermarkProvesThatThereIsRoom() throws Exception {
    io.setUsableBytes(io.totalBytes(root) - 650);
    assertFalse(guard.wantsScan(), "no scan is needed far below it");
    assertTrue(guard.admits(60));
    assertTrue(guard.admits(40), "200 bytes are free below it, for two owners");
    assertFalse(guard.admits(20), "which is more than a share of a twentieth");
    guard.scanned(guard.mark(), 1000, 1, VALID);
    assertFalse(guard.admits(1));
    now += SECOND;
    assertTrue(guard.admits(1), "it is asked again after a second");
    io.setUsableBytes(io.totalBytes(root) - 801);
    now += SECOND;
    assertTrue(guard.wantsScan(), "a scan is wanted before it no longer proves it");
    io.setSizeless();
    now += SECOND;
    assertFalse(guard.admits(1), "who does not say its size proves nothing");
  }

  @Test
  void aBudgetOfFewImagesTakesOneAtATime() {
    guard.scanned(0, 100, 1, VALID);
    assertTrue(guard.admits(300));
    assertFalse(guard.admits(300));
    assertTrue(guard.wantsScan());
    guard.written(300);
    guard.scanned(guard.mark(), 400, 1, VALID);
    assertFalse(guard.admits(301), "the other owner's would not fit too");
    assertTrue(guard.admits(300));
  }
}
