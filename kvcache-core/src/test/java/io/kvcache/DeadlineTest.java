package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Await;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.fixture.FaultyChunkIo.Op;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * A store that does not answer: a request waits for it as long as it was told to, and no longer.
 */
class DeadlineTest extends FaultTestBase {
  /** Long where a test wants an answer, however busy the machine is. */
  private Duration lookupTimeout = Duration.ofSeconds(30);

  private Duration restoreTimeout = Duration.ofSeconds(1);

  @Override
  KvCacheBuilder settings(KvCacheBuilder builder) {
    return builder.lookupTimeout(lookupTimeout).restoreTimeout(restoreTimeout);
  }

  @Test
  void aLookupThatHangsLeavesWhatIsInMemory() throws Exception {
    lookupTimeout = Duration.ofSeconds(1);
    assertStoredAndRestart();
    int[] front = Arrays.copyOf(tokens, 3 * CHUNK + 1);
    assertEquals(3 * CHUNK, Caches.restore(cache, front));
    Gate gate = io.block(Op.EXISTS);
    assertRestored(3 * CHUNK, ShortenedBy.DEADLINE);
    gate.awaitEntered();
    gate.release();
    Caches.assertAllGivenBack(cache);
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void probeAnswersWithWhatIsInMemoryWhenTheStoreHangs() {
    lookupTimeout = Duration.ofSeconds(1);
    assertStoredAndRestart();
    Gate gate = io.block(Op.EXISTS);
    assertEquals(0, cache.probe(keys));
    gate.release();
  }

  @Test
  void aStoreThatHangsIsTakenToHaveNothingAndTheChunksAreStaged() {
    lookupTimeout = Duration.ofSeconds(1);
    assertStoredAndRestart();
    Gate gate = io.block(Op.EXISTS);
    StoreReport report = cache.store(keys, tokens.length, engine.source());
    assertEquals(CHUNKS, report.staged());
    gate.release();
    assertTrue(report.persisted().join().complete());
  }

  @Test
  void aStoreThatNobodyWaitsForAnyMoreAsksNothingMore() throws Exception {
    lookupTimeout = Duration.ofSeconds(1);
    assertStoredAndRestart();
    io.forgetCalls();
    Gate gate = io.block(Op.EXISTS);
    StoreReport report = cache.store(keys, tokens.length, (layer, part, from, n, rows) -> false);
    assertEquals(0, report.staged());
    gate.release();
    Await.until(() -> cache.stats().store().orElseThrow().io().running() == 0);
    assertEquals(1, io.count(Op.EXISTS));
  }

  @Test
  void aReadThatHangsShortensThePrefixBeforeIt() throws Exception {
    assertStoredAndRestart();
    int hung = 4;
    Gate gate = io.block(Op.READ, file(hung)::equals);
    assertRestored(hung * CHUNK, ShortenedBy.DEADLINE);
    gate.awaitEntered();
    gate.release();
    Caches.assertAllGivenBack(cache);
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void waitingForAllToBeLoadedEndsAtTheDeadlineToo() throws Exception {
    assertStoredAndRestart();
    Gate gate = io.block(Op.READ, file(2)::equals);
    try (PrefixLease lease = cache.acquire(keys)) {
      assertEquals(2 * CHUNK, lease.awaitLoaded());
      assertEquals(ShortenedBy.DEADLINE, lease.shortenedBy());
    }
    gate.release();
  }

  @Test
  void whatHasComeIsDeliveredThoughTheTimeIsOver() {
    restoreTimeout = Duration.ofNanos(1);
    restart();
    assertTrue(storeAll().complete());
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void closingALeaseFromAnotherThreadEndsAWaitAtOnce() throws Exception {
    restoreTimeout = Duration.ofHours(1);
    assertStoredAndRestart();
    Gate gate = io.block(Op.READ, file(1)::equals);
    PrefixLease lease = cache.acquire(keys);
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread restoring = new Thread(() -> lease.restore(new FakeEngine(layout(), tokens).verifier()));
    restoring.setUncaughtExceptionHandler((thread, e) -> thrown.set(e));
    restoring.start();
    gate.awaitEntered();
    Await.state(restoring, Thread.State.TIMED_WAITING);
    lease.close();
    restoring.join();
    assertEquals("the lease is closed: acquire another one", thrown.get().getMessage());
    gate.release();
    Caches.assertAllGivenBack(cache);
  }

  @Test
  void timeOutsOfZeroOrLessAreRefused() {
    for (Duration bad : new Duration[] {Duration.ZERO, Duration.ofMillis(-1), Duration.ofDays(2)}) {
      String lookup = refused(() -> KvCache.builder().lookupTimeout(bad));
      assertEquals("lookupTimeout(" + bad + "): more than zero, at most a day", lookup);
      String restore = refused(() -> KvCache.builder().restoreTimeout(bad));
      assertEquals("restoreTimeout(" + bad + "): more than zero, at most a day", restore);
    }
  }

  private static String refused(Executable setting) {
    return assertThrows(IllegalArgumentException.class, setting).getMessage();
  }
}
