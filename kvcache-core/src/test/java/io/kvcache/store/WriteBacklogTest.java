package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class WriteBacklogTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void bytesAreBoundedAndOneWriteMayAlwaysWait() {
    WriteBacklog backlog = new WriteBacklog(100, 30 * SECOND, 1);
    assertTrue(backlog.admits(1000));
    assertFalse(backlog.admits(1));
    backlog.ended(1000);
    assertTrue(backlog.admits(60));
    assertTrue(backlog.admits(40));
    assertFalse(backlog.admits(1));
    assertEquals(100, backlog.bytes());
    backlog.ended(40);
    assertTrue(backlog.admits(1));
  }

  @Test
  void timeIsTheWritesThatWaitTimesWhatOneTakesOverTheThreads() {
    WriteBacklog backlog = new WriteBacklog(Long.MAX_VALUE, 30 * SECOND, 2);
    backlog.took(10 * SECOND);
    for (int i = 0; i < 6; i++) {
      assertTrue(backlog.admits(1), "write " + i);
    }
    assertFalse(backlog.admits(1), "35 s of work");
    backlog.ended(1);
    assertTrue(backlog.admits(1));
  }

  @Test
  void nothingIsDeclinedForTimeBeforeAWriteWasSeen() {
    WriteBacklog backlog = new WriteBacklog(Long.MAX_VALUE, 1, 1);
    for (int i = 0; i < 1000; i++) {
      assertTrue(backlog.admits(1));
    }
  }

  @Test
  void theAverageFollowsSlowly() {
    WriteBacklog backlog = new WriteBacklog(1, 1, 1);
    backlog.took(1000);
    assertEquals(1000, backlog.averageNanos());
    backlog.took(2000);
    assertEquals(1050, backlog.averageNanos());
    for (int i = 0; i < 200; i++) {
      backlog.took(2000);
    }
    assertEquals(2000, backlog.averageNanos(), 1);
  }

  @Test
  void anIdleDiskIsTriedHoweverSlowItWas() {
    WriteBacklog backlog = new WriteBacklog(Long.MAX_VALUE, 1, 1);
    backlog.took(3600 * SECOND);
    assertTrue(backlog.admits(1));
    assertFalse(backlog.admits(1));
  }
}
