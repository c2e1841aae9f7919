package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Await;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Whose turn it is, what is bounded, and what becomes of calls that hang. The clock is ours. */
class IoPoolTest extends PoolTestBase {
  @Test
  void aThreadThatTheSystemDoesNotGrantFailsNoCallerAndIsAskedForAgain() {
    AtomicBoolean exhausted = new AtomicBoolean(true);
    AtomicBoolean ran = new AtomicBoolean();
    pool(
        2,
        100,
        task -> {
          if (exhausted.get()) {
            throw new OutOfMemoryError("unable to create native thread");
          }
          return daemon(task);
        });
    assertEquals("down", submit(Lane.DEMAND, "read").outcome().join());
    pool.background(
        task(
            () -> {
              ran.set(true);
              return "";
            }));
    assertEquals(0, pool.queuedTasks());
    assertEquals(1, stats().droppedBackground());
    exhausted.set(false);
    assertEquals("read", submit(Lane.DEMAND, "read").outcome().join());
    assertFalse(ran.get(), "it was dropped, not kept for later");
  }

  @Test
  void lookupsGoBeforeDemandsBeforePrefetchesBeforeWritesAndEachInItsOrder() throws Exception {
    pool(1);
    Held first = hold(Lane.WRITE, 1);
    for (int i = 1; i <= 2; i++) {
      submit(Lane.WRITE, "write " + i);
      submit(Lane.PREFETCH, "prefetch " + i);
      submit(Lane.DEMAND, "demand " + i);
      submit(Lane.LOOKUP, "lookup " + i);
    }
    assertEquals(4, stats().queuedDemand());
    assertEquals(2, stats().queuedPrefetch());
    assertEquals(2, stats().queuedWrites());
    first.end();
    pool.close(30 * SECOND);
    assertEquals(
        List.of(
            "lookup 1",
            "lookup 2",
            "demand 1",
            "demand 2",
            "prefetch 1",
            "prefetch 2",
            "write 1",
            "write 2"),
        order);
  }

  @Test
  void aPrefetchThatARequestWaitsForBecomesTheLastOfTheDemands() throws Exception {
    pool(1);
    Held first = hold(Lane.DEMAND, 1);
    submit(Lane.PREFETCH, "prefetch 1");
    PendingIo<String> wanted = submit(Lane.PREFETCH, "prefetch 2");
    submit(Lane.DEMAND, "demand");
    wanted.demand();
    wanted.demand();
    first.end();
    pool.close(30 * SECOND);
    wanted.demand();
    assertEquals(List.of("demand", "prefetch 2", "prefetch 1"), order);
  }

  @Test
  void aQueuedCallThatIsCancelledIsNeverBegun() throws Exception {
    pool(1);
    Held first = hold(Lane.DEMAND, 1);
    PendingIo<String> cancelled = submit(Lane.PREFETCH, "cancelled");
    submit(Lane.PREFETCH, "other");
    assertTrue(cancelled.cancel());
    assertFalse(cancelled.cancel());
    assertEquals("cancelled", cancelled.outcome().join());
    assertTrue(cancelled.released().isDone());
    assertFalse(first.io().cancel(), "a thread is in it");
    first.end();
    assertFalse(first.io().cancel(), "it has ended");
    pool.close(30 * SECOND);
    assertEquals(List.of("other"), order);
    assertEquals(1, stats().cancelled());
  }

  @Test
  void twoReadersAreDoneBeforeTwentySlowWritesOnTwoWorkers() throws Exception {
    pool(2);
    List<Held> busy = List.of(hold(Lane.WRITE, 1), hold(Lane.DEMAND, 1));
    for (int i = 0; i < 20; i++) {
      submit(Lane.WRITE, "write");
    }
    for (int i = 0; i < 20; i++) {
      submit(Lane.DEMAND, "read");
    }
    busy.forEach(Held::end);
    pool.close(30 * SECOND);
    assertEquals(40, order.size());
    // One of the two threads may do a write or two while the other finishes the reads.
    assertTrue(order.subList(0, 22).stream().filter("read"::equals).count() >= 19, "" + order);
  }

  @Test
  void slowWritesLeaveAThreadToReads() throws Exception {
    pool(4);
    List<Held> slow = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      slow.add(hold(Lane.WRITE, 1));
    }
    submit(Lane.WRITE, "write");
    assertEquals("read", submit(Lane.DEMAND, "read").outcome().join());
    assertEquals(List.of("read"), order);
    assertEquals(1, stats().queuedWrites());
    slow.forEach(Held::end);
  }

  @Test
  void writesNeverTakeTheShareOfReads() throws Exception {
    pool = new IoPool(new IoLimits(4, 0.5, 100, 10 * SECOND, SECOND), this::daemon, now::get);
    List<Held> slow = List.of(hold(Lane.WRITE, 1), hold(Lane.WRITE, 1));
    submit(Lane.WRITE, "write");
    List<Held> reads = List.of(hold(Lane.DEMAND, 1), hold(Lane.DEMAND, 1));
    assertEquals(1, stats().queuedWrites());
    reads.forEach(Held::end);
    assertEquals(1, stats().queuedWrites());
    slow.forEach(Held::end);
  }

  @Test
  void aWriteThatStarvesGoesBeforeReadsOnAQuarterOfTheThreads() throws Exception {
    pool(4);
    List<Held> reads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      reads.add(hold(Lane.DEMAND, 1));
    }
    Gate write = new Gate();
    start(write, Lane.WRITE, 1);
    submit(Lane.WRITE, "write 2");
    Gate nextRead = new Gate();
    start(nextRead, Lane.DEMAND, 1);
    Gate lastRead = new Gate();
    start(lastRead, Lane.DEMAND, 1);
    reads.get(0).end();
    nextRead.awaitEntered();
    now.addAndGet(SECOND);
    reads.get(1).end();
    write.awaitEntered();
    reads.get(2).end();
    lastRead.awaitEntered();
    assertEquals(1, stats().queuedWrites(), "one of four threads is enough for those that starve");
    reads.get(3).end();
    pool.close(SECOND / 1000);
  }

  @Test
  void readsUnderWayAreBoundedByBytesAndNoSmallOnePassesALargeOne() throws Exception {
    pool(4);
    Held large = hold(Lane.DEMAND, 70);
    Gate second = new Gate();
    PendingIo<String> next = start(second, Lane.DEMAND, 40);
    PendingIo<String> small = submit(Lane.PREFETCH, "small", 1);
    // Lookups and writes move no bytes of reads, and go on.
    assertEquals("lookup", submit(Lane.LOOKUP, "lookup").outcome().join());
    assertEquals("write", submit(Lane.WRITE, "write", 1000).outcome().join());
    assertEquals(70, stats().readBytesInFlight());
    assertFalse(next.outcome().isDone() || small.outcome().isDone());
    large.end();
    second.awaitEntered();
    assertEquals("small", small.outcome().join());
    second.release();
    next.outcome().join();
  }

  @Test
  void aReadLargerThanTheBoundGoesAlone() throws Exception {
    pool(4);
    Held huge = hold(Lane.DEMAND, 1000);
    PendingIo<String> other = submit(Lane.DEMAND, "other", 1);
    assertEquals("lookup", submit(Lane.LOOKUP, "lookup").outcome().join());
    assertFalse(other.outcome().isDone());
    huge.end();
    assertEquals("other", other.outcome().join());
  }

  @Test
  void backgroundWorkIsBoundedAndWhatIsDroppedIsCounted() throws Exception {
    pool(1);
    Held first = hold(Lane.DEMAND, 1);
    AtomicInteger ran = new AtomicInteger();
    for (int i = 0; i < IoPool.MAX_BACKGROUND + 3; i++) {
      pool.background(task(() -> "" + ran.incrementAndGet()));
    }
    assertEquals(3, stats().droppedBackground());
    first.end();
    pool.close(30 * SECOND);
    assertEquals(IoPool.MAX_BACKGROUND, ran.get());
  }

  @Test
  void aCallThatHangsIsAnsweredForAndReplacedAndKeepsItsBufferUntilItReturns() throws Exception {
    pool(1);
    Held stuck = hold(Lane.DEMAND, 60);
    PendingIo<String> behind = submit(Lane.DEMAND, "behind", 60);
    now.addAndGet(10 * SECOND - 1);
    pool.abandonOverdue();
    assertFalse(stuck.io().outcome().isDone(), "it has a nanosecond left");
    now.addAndGet(1);
    pool.abandonOverdue();
    assertEquals("hung", stuck.io().outcome().join());
    assertFalse(stuck.io().released().isDone());
    assertEquals("behind", behind.outcome().join());
    assertEquals(1, stats().hung());
    assertEquals(1, stats().abandoned());
    assertEquals(1, hung.get());
    assertEquals(0, returned.get());
    stuck.gate().release();
    stuck.io().released().join();
    assertFalse(stuck.gate().threadWasInterrupted());
    assertEquals("hung", stuck.io().outcome().join(), "what came late is not used");
    assertEquals(1, returned.get());
    assertEquals("next", submit(Lane.DEMAND, "next").outcome().join());
    assertEquals(0, stats().hung());
    assertEquals(1, stats().abandoned());
  }

  @Test
  void readsThatHangTakeHalfOfTheThreadsAndLookupsAndWritesGoOn() throws Exception {
    pool(2);
    List<Held> stuck = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      stuck.add(hang(i == 1 ? Lane.PREFETCH : Lane.DEMAND));
    }
    Held last = hold(Lane.DEMAND, 1);
    PendingIo<String> behind = submit(Lane.DEMAND, "behind");
    PendingIo<String> ahead = submit(Lane.PREFETCH, "ahead");
    assertEquals("lookup", submit(Lane.LOOKUP, "lookup").outcome().join());
    assertFalse(behind.outcome().isDone(), "if it hung too, five threads were lost to reads");
    abandonAll();
    assertEquals("hung", last.io().outcome().join());
    assertEquals("down", behind.outcome().join());
    assertEquals("down", ahead.outcome().join());
    assertEquals("down", submit(Lane.DEMAND, "read").outcome().join());
    assertEquals("lookup", submit(Lane.LOOKUP, "lookup").outcome().join());
    assertEquals("write", submit(Lane.WRITE, "write").outcome().join());
    assertEquals(4, stats().hung());
    stuck.get(1).gate().release();
    stuck.get(1).io().released().join();
    assertEquals("read", submit(Lane.DEMAND, "read").outcome().join());
  }

  @Test
  void writesThatHangTakeAQuarterOfTheThreads() throws Exception {
    pool(4);
    for (int i = 0; i < 3; i++) {
      hang(Lane.WRITE);
    }
    Held last = hold(Lane.WRITE, 1);
    PendingIo<String> behind = submit(Lane.WRITE, "behind");
    assertEquals("read", submit(Lane.DEMAND, "read").outcome().join());
    assertFalse(behind.outcome().isDone(), "if it hung too, five threads were lost to writes");
    assertEquals("held", last.end());
    assertEquals("behind", behind.outcome().join());
    Held fourth = hang(Lane.WRITE);
    assertEquals("down", submit(Lane.WRITE, "write").outcome().join());
    assertFalse(pool.background(task(() -> "stamp")));
    assertEquals("read", submit(Lane.DEMAND, "read").outcome().join());
    fourth.gate().release();
    fourth.io().released().join();
    assertEquals("write", submit(Lane.WRITE, "write").outcome().join());
  }

  @Test
  void lookupsThatHangLeaveAnEighthOfTheThreadsToOthers() throws Exception {
    pool(4);
    while (stats().hung() < 14) {
      hang(Lane.LOOKUP);
    }
    assertEquals("down", submit(Lane.LOOKUP, "lookup").outcome().join());
    List<Held> reads = List.of(hold(Lane.DEMAND, 1), hold(Lane.DEMAND, 1));
    reads.forEach(Held::end);
    assertEquals("write", submit(Lane.WRITE, "write").outcome().join());
  }

  @Test
  void readsAndWritesThatHangLeaveAThreadToLookups() throws Exception {
    pool(1);
    hang(Lane.DEMAND);
    hang(Lane.DEMAND);
    assertEquals("down", submit(Lane.DEMAND, "read").outcome().join());
    assertEquals("lookup", submit(Lane.LOOKUP, "lookup").outcome().join());
    assertEquals("write", submit(Lane.WRITE, "write").outcome().join());
    hang(Lane.WRITE);
    assertEquals("down", submit(Lane.WRITE, "write").outcome().join());
  }

  @Test
  void whenAllThreadsHangWhatIsAskedForIsAnsweredUntilOneReturns() throws Exception {
    pool(2);
    List<Held> stuck = new ArrayList<>();
    while (stuck.size() < 7) {
      stuck.add(hang(Lane.LOOKUP));
    }
    Held read = hold(Lane.DEMAND, 1);
    PendingIo<String> behind = submit(Lane.DEMAND, "behind");
    PendingIo<String> write = submit(Lane.WRITE, "write");
    abandonAll();
    assertEquals("hung", read.io().outcome().join());
    assertEquals("down", behind.outcome().join());
    assertEquals("down", write.outcome().join());
    assertEquals(8, stats().hung());
    for (Lane lane : Lane.values()) {
      assertEquals("down", submit(lane, "call").outcome().join());
    }
    stuck.get(5).gate().release();
    stuck.get(5).io().released().join();
    assertEquals("read", submit(Lane.DEMAND, "read").outcome().join());
    assertTrue(
        threads.stream().filter(t -> t.getName().equals("kvcache-io-test")).count() <= 8,
        "threads in all are bounded: " + threads);
  }

  @Test
  void theWatchdogFindsByItselfWhatHangs() throws Exception {
    pool =
        new IoPool(new IoLimits(1, 0.25, 100, SECOND / 50, SECOND), this::daemon, System::nanoTime);
    for (int i = 0; i < 3; i++) {
      Held stuck = hold(Lane.DEMAND, 1);
      assertEquals("hung", stuck.io().outcome().join());
      assertFalse(stuck.io().released().isDone());
      stuck.gate().release();
      assertNull(stuck.io().released().join());
    }
  }

  @Test
  void closingDoesNotWaitForWhatHangsAndAnswersWhatIsQueued() throws Exception {
    pool(1);
    Held stuck = hold(Lane.DEMAND, 1);
    now.addAndGet(10 * SECOND);
    pool.abandonOverdue();
    assertEquals("read", submit(Lane.DEMAND, "read").outcome().join());
    assertEquals(0, pool.close(Long.MAX_VALUE));
    assertTrue(pool.busy());
    assertEquals("down", submit(Lane.DEMAND, "late").outcome().join());
    stuck.gate().release();
    stuck.io().released().join();
  }

  @Test
  void closingWaitsForWhatIsQueuedWhenAllThreadsHangAtOnce() throws Exception {
    pool(2);
    AtomicInteger givenUp = new AtomicInteger(-1);
    Thread closer = new Thread(() -> givenUp.set(pool.close(30 * SECOND)));
    Gate gate = new Gate();
    gates.add(gate);
    for (int i = 0; i < 2; i++) {
      pool.submit(
          Lane.DEMAND,
          1,
          new IoTask<>("down", "hung", "cancelled") {
            @Override
            String run() {
              gate.pass();
              return "late";
            }

            @Override
            void hung(ImagePath file) {
              try {
                // Between losing threads and replacing them: time to see that there are none.
                closer.join(50);
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            }
          });
    }
    Await.until(() -> gate.entries() == 2);
    PendingIo<String> behind = submit(Lane.DEMAND, "behind");
    closer.start();
    Await.state(closer, Thread.State.TIMED_WAITING);
    abandonAll();
    assertEquals("behind", behind.outcome().join());
    closer.join();
    assertEquals(0, givenUp.get());
  }

  @Test
  void closingEndsAtOnceWhenWhatIsQueuedIsCancelledMeanwhile() throws Exception {
    pool(1);
    Held stuck = hold(Lane.DEMAND, 1);
    PendingIo<String> behind = submit(Lane.DEMAND, "behind");
    Thread closer = new Thread(() -> pool.close(Long.MAX_VALUE));
    closer.start();
    Await.state(closer, Thread.State.TIMED_WAITING);
    assertTrue(behind.cancel());
    abandonAll();
    assertEquals("hung", stuck.io().outcome().join());
    closer.join();
  }

  @Test
  void whateverHappensEveryCallIsAnsweredAndReleasedOnce() throws Exception {
    // A timeout so short that some calls are abandoned at the very moment they return.
    pool =
        new IoPool(
            new IoLimits(4, 0.25, 100, SECOND / 2000, SECOND / 1000),
            this::daemon,
            System::nanoTime);
    List<PendingIo<String>> all = Collections.synchronizedList(new ArrayList<>());
    List<Thread> submitters = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      SplittableRandom random = new SplittableRandom(t);
      submitters.add(new Thread(() -> submitMany(random, all)));
    }
    submitters.forEach(Thread::start);
    for (Thread submitter : submitters) {
      submitter.join();
    }
    assertEquals(0, pool.close(30 * SECOND));
    Map<String, Integer> answers = new TreeMap<>();
    for (PendingIo<String> call : all) {
      call.released().get(30, TimeUnit.SECONDS);
      answers.merge(call.outcome().get(30, TimeUnit.SECONDS), 1, Integer::sum);
    }
    System.out.println("IoPoolTest " + answers);
    assertEquals(8000, answers.values().stream().mapToInt(i -> i).sum());
    assertEquals(stats().abandoned(), answers.getOrDefault("hung", 0).longValue());
    assertEquals(stats().cancelled(), answers.getOrDefault("cancelled", 0).longValue());
  }

  private void submitMany(SplittableRandom random, List<PendingIo<String>> all) {
    for (int i = 0; i < 2000; i++) {
      long nanos = random.nextInt(50) == 0 ? random.nextInt(1_000_000) : random.nextInt(10_000);
      PendingIo<String> call =
          pool.submit(
              Lane.values()[random.nextInt(4)],
              random.nextInt(150),
              task(
                  () -> {
                    long end = System.nanoTime() + nanos;
                    while (System.nanoTime() < end) {
                      Thread.onSpinWait();
                    }
                    return "done";
                  }));
      all.add(call);
      if (random.nextInt(4) == 0) {
        all.get(random.nextInt(all.size())).demand();
      }
      if (random.nextInt(10) == 0) {
        call.cancel();
      }
    }
  }
}
