package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Await;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.fixture.Seeds;
import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.IoFault;
import io.kvcache.spi.PieceRunner.Piece;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Calls in pieces: who does them, when they end, and what becomes of pieces that hang. */
class SplitCallTest extends PoolTestBase {
  /** What threw in the end, out of the call. */
  private final AtomicReference<Throwable> thrown = new AtomicReference<>();

  private PendingIo<String> split(Lane lane, long bytes, int pieces, Piece piece) {
    return pool.submit(lane, bytes, task(() -> runPieces(pieces, piece)));
  }

  private String runPieces(int pieces, Piece piece) {
    try {
      pool.pieces().run(pieces, piece);
      return "done";
    } catch (ChunkIoException | RuntimeException | Error e) {
      thrown.set(e);
      return "failed";
    }
  }

  private Gate gate() {
    Gate gate = new Gate();
    gates.add(gate);
    return gate;
  }

  /**
   * A call whose thread waits in its first piece, at the gate, while whatever helpers there are do
   * the rest.
   */
  private PendingIo<String> splitAndStay(Gate gate, Lane lane, long bytes, int pieces, Piece rest) {
    return pool.submit(
        lane,
        bytes,
        task(
            () -> {
              Thread caller = Thread.currentThread();
              return runPieces(
                  pieces,
                  index -> {
                    if (Thread.currentThread() == caller && gate.entries() == 0) {
                      gate.pass();
                    } else {
                      Await.until(() -> gate.entries() > 0);
                      rest.run(index);
                    }
                  });
            }));
  }

  private Piece recorded() {
    return index -> order.add("piece");
  }

  private static Piece meeting(CyclicBarrier barrier) {
    return index -> {
      try {
        barrier.await(30, TimeUnit.SECONDS);
      } catch (Exception e) {
        throw new AssertionError("not as many threads as pieces", e);
      }
    };
  }

  @Test
  void aSingleThreadDoesOnePieceAfterTheOther() {
    pool(1);
    List<Integer> done = new ArrayList<>();
    Set<Thread> by = new HashSet<>();
    PendingIo<String> io =
        split(
            Lane.DEMAND,
            60,
            5,
            index -> {
              done.add(index);
              by.add(Thread.currentThread());
            });
    assertEquals("done", io.outcome().join());
    assertEquals(List.of(0, 1, 2, 3, 4), done);
    assertEquals(1, by.size());
  }

  @ParameterizedTest
  @EnumSource(Lane.class)
  void piecesAreDoneAtOnceByAsManyThreadsAsThereAreForTheirKind(Lane lane) {
    pool(4);
    int most = lane == Lane.WRITE ? 3 : 4;
    CyclicBarrier barrier = new CyclicBarrier(most);
    assertEquals("done", split(lane, 60, 2 * most, meeting(barrier)).outcome().join());
  }

  @Test
  void aCallThatTheSystemGrantsNoOtherThreadIsDoneByItsOwn() {
    AtomicBoolean exhausted = new AtomicBoolean();
    pool(
        4,
        100,
        task -> {
          if (exhausted.get()) {
            throw new OutOfMemoryError("unable to create native thread");
          }
          return daemon(task);
        });
    assertEquals("read", submit(Lane.DEMAND, "read").outcome().join());
    exhausted.set(true);
    assertEquals("done", split(Lane.DEMAND, 1, 8, recorded()).outcome().join());
    assertEquals(8, order.stream().filter("piece"::equals).count());
    exhausted.set(false);
  }

  @Test
  void noCallWaitsForAHelperToBegin() throws Exception {
    pool(2);
    Held busy = hold(Lane.LOOKUP, 0);
    assertEquals("done", split(Lane.DEMAND, 1, 5, recorded()).outcome().join());
    assertEquals(5, order.size());
    assertEquals(0, pool.queuedTasks());
    busy.end();
    assertEquals("read", submit(Lane.DEMAND, "read").outcome().join());
    assertEquals(6, order.size(), "who had not come yet was no longer needed");
  }

  @Test
  void theCallEndsWhenTheLastPieceDoes() throws Exception {
    pool(2);
    Gate caller = gate();
    Gate helper = gate();
    PendingIo<String> io = splitAndStay(caller, Lane.DEMAND, 1, 2, index -> helper.pass());
    helper.awaitEntered();
    caller.awaitEntered();
    caller.release();
    Await.until(() -> threads.stream().anyMatch(SplitCallTest::waitsForItsPieces));
    assertFalse(io.outcome().isDone() || io.released().isDone());
    assertEquals(2, stats().running());
    helper.release();
    assertEquals("done", io.outcome().join());
  }

  private static boolean waitsForItsPieces(Thread thread) {
    return Stream.of(thread.getStackTrace())
        .anyMatch(frame -> frame.getMethodName().equals("awaitEnd"));
  }

  static Stream<Throwable> failures() {
    return Stream.of(
        new ChunkIoException(IoFault.NO_SPACE, "a piece", null),
        new IllegalStateException("a piece"),
        new AssertionError("a piece"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void afterAFailureNoPieceBeginsAndTheCallThrowsIt(Throwable failure) {
    pool(1);
    PendingIo<String> io =
        split(
            Lane.WRITE,
            1,
            5,
            index -> {
              order.add("piece " + index);
              if (index == 2) {
                SplitCallTest.<RuntimeException>sneak(failure);
              }
            });
    assertEquals("failed", io.outcome().join());
    assertSame(failure, thrown.get());
    assertEquals(List.of("piece 0", "piece 1", "piece 2"), order);
  }

  @ParameterizedTest
  @MethodSource("failures")
  void aFailureOfAHelperIsTheCallsOnceThePiecesUnderWayHaveEnded(Throwable failure)
      throws Exception {
    pool(2);
    Gate caller = gate();
    AtomicInteger begun = new AtomicInteger();
    PendingIo<String> io =
        splitAndStay(
            caller,
            Lane.DEMAND,
            1,
            9,
            index -> {
              begun.incrementAndGet();
              SplitCallTest.<RuntimeException>sneak(failure);
            });
    caller.awaitEntered();
    Await.until(() -> begun.get() == 1 && stats().running() == 1);
    assertFalse(io.outcome().isDone(), "a piece is under way");
    caller.release();
    assertEquals("failed", io.outcome().join());
    assertSame(failure, thrown.get());
    assertEquals(1, begun.get());
  }

  @Test
  void ofTwoFailuresTheFirstIsThrown() throws Exception {
    pool(2);
    Gate caller = gate();
    Gate helper = gate();
    ChunkIoException first = new ChunkIoException(IoFault.NO_SPACE, "first", null);
    PendingIo<String> io =
        pool.submit(
            Lane.WRITE,
            1,
            task(
                () ->
                    runPieces(
                        1,
                        index -> {
                          throw first;
                        })));
    assertEquals("failed", io.outcome().join());
    assertSame(first, thrown.get(), "even of a call with a single piece");
    Thread[] one = new Thread[1];
    PendingIo<String> both =
        split(
            Lane.DEMAND,
            1,
            2,
            index -> {
              if (one[0] == null && index == 0) {
                one[0] = Thread.currentThread();
                caller.pass();
                throw first;
              }
              helper.pass();
              throw new ChunkIoException(IoFault.TRANSIENT, "second", null);
            });
    caller.awaitEntered();
    helper.awaitEntered();
    caller.release();
    Await.until(() -> stats().running() == 1 || waitsForItsPieces(one[0]));
    helper.release();
    assertEquals("failed", both.outcome().join());
    assertSame(first, thrown.get());
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable failure) throws T {
    throw (T) failure;
  }

  @Test
  void lookupsGoBeforeHelpersAndHelpersBeforeWholeCallsOfTheirLane() throws Exception {
    pool(2);
    Held busy = hold(Lane.LOOKUP, 0);
    Gate caller = gate();
    PendingIo<String> io = splitAndStay(caller, Lane.DEMAND, 1, 2, recorded());
    caller.awaitEntered();
    submit(Lane.PREFETCH, "prefetch");
    submit(Lane.DEMAND, "demand");
    submit(Lane.LOOKUP, "lookup");
    assertEquals(2, stats().queuedDemand(), "a helper is not counted");
    busy.end();
    Await.until(() -> order.size() == 4);
    assertEquals(List.of("lookup", "piece", "demand", "prefetch"), order);
    caller.release();
    assertEquals("done", io.outcome().join());
  }

  @ParameterizedTest
  @CsvSource({
    "LOOKUP, DEMAND, 1",
    "LOOKUP, WRITE, 1",
    "DEMAND, PREFETCH, 1",
    "PREFETCH, WRITE, 1",
    "DEMAND, DEMAND, 3",
    "PREFETCH, DEMAND, 3",
    "WRITE, PREFETCH, 3"
  })
  void betweenTwoPiecesAHelperGivesWayToAnEarlierLane(Lane other, Lane lane, int place)
      throws Exception {
    // A thread that is busy, the call's, and its one helper's; two of them may write.
    pool = new IoPool(new IoLimits(3, 0.1, 100, 10 * SECOND, SECOND), this::daemon, now::get);
    Held busy = hold(Lane.LOOKUP, 0);
    Gate caller = gate();
    PendingIo<String> io =
        splitAndStay(
            caller,
            lane,
            1,
            4,
            index -> {
              order.add("piece");
              if (order.size() == 1) {
                submit(other, "other");
              }
            });
    Await.until(() -> order.size() == 4);
    assertEquals(place, order.indexOf("other"), order.toString());
    caller.release();
    assertEquals("done", io.outcome().join());
    busy.end();
  }

  @Test
  void helpersOfAPrefetchWaitForDemands() throws Exception {
    pool(2);
    Held busy = hold(Lane.LOOKUP, 0);
    Gate caller = gate();
    splitAndStay(caller, Lane.PREFETCH, 1, 2, recorded());
    caller.awaitEntered();
    submit(Lane.PREFETCH, "prefetch");
    submit(Lane.DEMAND, "demand");
    busy.end();
    Await.until(() -> order.size() == 3);
    assertEquals(List.of("demand", "piece", "prefetch"), order);
  }

  @Test
  void helpersOfAPrefetchThatARequestWaitsForBecomeDemands() throws Exception {
    pool(2);
    Held busy = hold(Lane.LOOKUP, 0);
    Gate caller = gate();
    PendingIo<String> io = splitAndStay(caller, Lane.PREFETCH, 1, 2, recorded());
    caller.awaitEntered();
    submit(Lane.DEMAND, "demand");
    io.demand();
    io.demand();
    busy.end();
    Await.until(() -> order.size() == 2);
    assertEquals(List.of("piece", "demand"), order);
  }

  @Test
  void aPrefetchThatBecameADemandAsksForHelpersAsOne() throws Exception {
    pool(2);
    Held busy = hold(Lane.LOOKUP, 0);
    Gate before = gate();
    Gate caller = gate();
    PendingIo<String> io =
        pool.submit(
            Lane.PREFETCH,
            1,
            task(
                () -> {
                  before.pass();
                  Thread self = Thread.currentThread();
                  return runPieces(
                      2,
                      index -> {
                        if (Thread.currentThread() == self) {
                          caller.pass();
                        } else {
                          order.add("piece");
                        }
                      });
                }));
    before.awaitEntered();
    io.demand();
    submit(Lane.DEMAND, "demand");
    before.release();
    caller.awaitEntered();
    busy.end();
    Await.until(() -> order.size() == 2);
    assertEquals(List.of("piece", "demand"), order);
  }

  @Test
  void anImageLargerThanAllReadsMayBeIsHelpedToo() {
    pool(4);
    CyclicBarrier barrier = new CyclicBarrier(4);
    assertEquals("done", split(Lane.DEMAND, 1000, 4, meeting(barrier)).outcome().join());
  }

  @Test
  void helpersPassReadsForWhoseBytesThereIsNoRoom() throws Exception {
    pool(4);
    Gate caller = gate();
    Gate helper = gate();
    PendingIo<String> io =
        pool.submit(
            Lane.PREFETCH,
            90,
            task(
                () -> {
                  caller.pass();
                  return runPieces(2, index -> helper.pass());
                }));
    caller.awaitEntered();
    PendingIo<String> next = submit(Lane.DEMAND, "next", 20);
    caller.release();
    Await.until(() -> helper.entries() == 2);
    assertEquals(90, stats().readBytesInFlight(), "its bytes are counted once");
    assertFalse(next.outcome().isDone());
    helper.release();
    assertEquals("done", io.outcome().join());
    assertEquals("next", next.outcome().join());
  }

  @Test
  void writesInPiecesLeaveReadsTheirThread() throws Exception {
    pool(4);
    Gate gate = gate();
    PendingIo<String> io = split(Lane.WRITE, 1, 8, index -> gate.pass());
    Await.until(() -> gate.entries() == 3);
    submit(Lane.WRITE, "write");
    assertEquals("read", submit(Lane.DEMAND, "read").outcome().join());
    assertEquals(3, gate.entries());
    assertEquals(List.of("read"), order);
    gate.release();
    assertEquals("done", io.outcome().join());
  }

  @Test
  void whereWritesHangNoneAreHelped() throws Exception {
    pool(2);
    hang(Lane.WRITE);
    assertEquals("done", split(Lane.WRITE, 1, 5, recorded()).outcome().join());
    Gate caller = gate();
    PendingIo<String> io = splitAndStay(caller, Lane.WRITE, 1, 3, recorded());
    caller.awaitEntered();
    assertEquals("read", submit(Lane.DEMAND, "read").outcome().join());
    assertEquals(6, order.size(), "its helper would be the third thread that may hang");
    caller.release();
    assertEquals("done", io.outcome().join());
    assertEquals(8, order.size());
  }

  @Test
  void aPieceThatHangsInAHelperIsTheCallsAndIsReportedOnce() throws Exception {
    pool(2);
    Gate helper = gate();
    Gate caller = gate();
    PendingIo<String> io = splitAndStay(caller, Lane.DEMAND, 60, 2, index -> helper.pass());
    helper.awaitEntered();
    caller.release();
    Await.until(() -> threads.stream().anyMatch(SplitCallTest::waitsForItsPieces));
    PendingIo<String> behind = submit(Lane.DEMAND, "behind", 60);
    abandonAll();
    assertEquals("hung", io.outcome().join());
    assertFalse(io.released().isDone(), "a system call may still write into its buffer");
    assertEquals(1, hung.get());
    assertEquals(1, stats().abandoned());
    assertEquals(2, stats().hung(), "two threads are lost");
    assertEquals("behind", behind.outcome().join(), "both were replaced");
    helper.release();
    io.released().join();
    Await.until(() -> stats().hung() == 0);
    assertEquals(1, returned.get());
  }

  @Test
  void aHelperThatHangsAloneIsReplacedAndNobodyHearsOfIt() throws Exception {
    pool(2);
    Gate helper = gate();
    Gate caller = gate();
    AtomicBoolean inTime = new AtomicBoolean();
    PendingIo<String> io =
        pool.submit(
            Lane.DEMAND,
            1,
            task(
                () -> {
                  Thread self = Thread.currentThread();
                  return runPieces(
                      3,
                      index -> {
                        if (Thread.currentThread() != self) {
                          helper.pass();
                          inTime.set(pool.inTime());
                        } else if (caller.entries() == 0) {
                          Await.until(() -> helper.entries() == 1);
                          now.addAndGet(5 * SECOND);
                          pool.on(null); // its time begins anew
                          caller.pass();
                        }
                      });
                }));
    caller.awaitEntered();
    now.addAndGet(5 * SECOND);
    pool.abandonOverdue();
    assertEquals(1, stats().hung());
    assertEquals(0, stats().abandoned());
    assertEquals("read", submit(Lane.DEMAND, "read").outcome().join());
    assertFalse(io.outcome().isDone());
    caller.release();
    helper.release();
    assertEquals("done", io.outcome().join());
    assertEquals(0, hung.get());
    assertFalse(inTime.get());
  }

  @Test
  void helpersTakeNoMorePiecesOfACallThatWasAbandonedAndItsThreadGoesOn() throws Exception {
    pool(2);
    Gate helper = gate();
    Gate caller = gate();
    AtomicInteger done = new AtomicInteger();
    AtomicBoolean inTime = new AtomicBoolean(true);
    PendingIo<String> io =
        splitAndStay(
            caller,
            Lane.DEMAND,
            60,
            10,
            index -> {
              helper.pass();
              inTime.compareAndSet(true, pool.inTime());
              done.incrementAndGet();
            });
    helper.awaitEntered();
    caller.awaitEntered();
    abandonAll();
    assertEquals("hung", io.outcome().join());
    helper.release();
    Await.until(() -> stats().hung() == 1);
    assertEquals(1, done.get());
    assertFalse(inTime.get(), "nobody waits for the call that it helps with");
    assertFalse(io.released().isDone());
    caller.release();
    io.released().join();
    assertEquals(9, done.get(), "a call that nobody waits for still comes to its end");
  }

  @Test
  void aCallThatComesBackLateIsNotHelped() throws Exception {
    pool(2);
    Gate caller = gate();
    Set<Thread> by = Collections.synchronizedSet(new HashSet<>());
    PendingIo<String> io =
        pool.submit(
            Lane.DEMAND,
            1,
            task(
                () -> {
                  caller.pass();
                  return runPieces(5, index -> by.add(Thread.currentThread()));
                }));
    caller.awaitEntered();
    abandonAll();
    caller.release();
    io.released().join();
    assertEquals(1, by.size());
  }

  @Test
  void closingWaitsForACallInPiecesWithItsHelpers() throws Exception {
    pool(2);
    Gate helper = gate();
    Gate caller = gate();
    PendingIo<String> io = splitAndStay(caller, Lane.WRITE, 1, 2, index -> helper.pass());
    caller.awaitEntered();
    assertEquals(0, pool.close(1));
    assertFalse(io.outcome().isDone());
    caller.release();
    helper.release();
    assertEquals("done", io.outcome().join());
  }

  @Test
  void closingGivesUpQueuedHelpersWithoutCountingThemAndTheCallDoesItAlone() throws Exception {
    pool(2);
    Held busy = hold(Lane.LOOKUP, 0);
    Gate caller = gate();
    PendingIo<String> io = splitAndStay(caller, Lane.DEMAND, 1, 5, recorded());
    caller.awaitEntered();
    assertEquals(0, pool.close(1));
    caller.release();
    assertEquals("done", io.outcome().join());
    assertEquals(4, order.size());
    busy.end();
  }

  @Test
  void aCallOfAClosedPoolIsNotHelped() throws Exception {
    pool(4);
    Gate caller = gate();
    Set<Thread> by = Collections.synchronizedSet(new HashSet<>());
    PendingIo<String> io =
        pool.submit(
            Lane.WRITE,
            1,
            task(
                () -> {
                  caller.pass();
                  return runPieces(8, index -> by.add(Thread.currentThread()));
                }));
    caller.awaitEntered();
    pool.close(1);
    caller.release();
    assertEquals("done", io.outcome().join());
    assertEquals(1, by.size());
  }

  @Test
  void threadsOfOthersAndPiecesWithinPiecesAreDoneAlone() throws Exception {
    pool(4);
    Set<Thread> by = Collections.synchronizedSet(new HashSet<>());
    pool.pieces().run(8, index -> by.add(Thread.currentThread()));
    assertEquals(Set.of(Thread.currentThread()), by);
    AtomicInteger done = new AtomicInteger();
    PendingIo<String> io =
        split(
            Lane.DEMAND,
            1,
            8,
            index -> {
              Thread self = Thread.currentThread();
              pool.pieces()
                  .run(
                      3,
                      within -> {
                        assertSame(self, Thread.currentThread());
                        done.incrementAndGet();
                      });
            });
    assertEquals("done", io.outcome().join());
    assertEquals(24, done.get());
  }

  @Test
  void theTimeOfHelpersIsTheCalls() throws Exception {
    pool(2);
    Gate caller = gate();
    Gate helper = gate();
    AtomicReference<Long> helped = new AtomicReference<>();
    pool.submit(
        Lane.DEMAND,
        1,
        task(
            () -> {
              Thread self = Thread.currentThread();
              String answer =
                  runPieces(2, index -> (Thread.currentThread() == self ? caller : helper).pass());
              helped.set(pool.helpedNanos());
              return answer;
            }));
    helper.awaitEntered();
    caller.awaitEntered();
    long start = System.nanoTime();
    while (System.nanoTime() - start < 1_000_000) {
      Thread.onSpinWait();
    }
    helper.release();
    caller.release();
    Await.until(() -> helped.get() != null);
    assertTrue(helped.get() >= 1_000_000, helped + " ns");
    assertEquals(0, pool.helpedNanos());
  }

  /** What was seen of one call in pieces. */
  private static final class Seen {
    final AtomicIntegerArray runs;
    final AtomicInteger underWay = new AtomicInteger();
    final AtomicBoolean ended = new AtomicBoolean();
    final AtomicReference<String> wrong = new AtomicReference<>();
    volatile PendingIo<String> io;

    Seen(int pieces) {
      runs = new AtomicIntegerArray(pieces);
    }

    int runs() {
      int all = 0;
      for (int i = 0; i < runs.length(); i++) {
        all += runs.get(i);
      }
      return all;
    }
  }

  @Test
  void whateverHappensEachPieceRunsOnceAtMostAndNoneAfterItsCall() throws Exception {
    // A timeout so short that some calls are abandoned at the very moment they return.
    pool =
        new IoPool(
            new IoLimits(4, 0.25, 100, SECOND / 2000, SECOND / 1000),
            this::daemon,
            System::nanoTime);
    SplittableRandom seeds = Seeds.random("SplitCallTest");
    List<Seen> all = Collections.synchronizedList(new ArrayList<>());
    List<Thread> submitters = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      SplittableRandom random = seeds.split();
      submitters.add(new Thread(() -> submitMany(random, all)));
    }
    submitters.forEach(Thread::start);
    for (Thread submitter : submitters) {
      submitter.join();
    }
    assertEquals(0, pool.close(30 * SECOND));
    Map<String, Integer> answers = new TreeMap<>();
    for (Seen call : all) {
      call.io.released().get(30, TimeUnit.SECONDS);
      String answer = call.io.outcome().get(30, TimeUnit.SECONDS);
      answers.merge(answer, 1, Integer::sum);
      assertEquals(null, call.wrong.get());
      if (answer.equals("done")) {
        assertEquals(call.runs.length(), call.runs());
      } else if (answer.equals("cancelled") || answer.equals("down")) {
        assertEquals(0, call.runs());
      }
    }
    System.out.println("SplitCallTest " + answers);
    assertEquals(4000, answers.values().stream().mapToInt(i -> i).sum());
    assertEquals(stats().abandoned(), answers.getOrDefault("hung", 0).longValue());
    Await.until(() -> !pool.busy());
    assertTrue(pool.queuedTasks() == 0 && stats().running() == 0);
  }

  private void submitMany(SplittableRandom random, List<Seen> all) {
    for (int i = 0; i < 1000; i++) {
      int pieces = random.nextInt(1, 12);
      int failing = random.nextInt(10) == 0 ? random.nextInt(pieces) : -1;
      long nanos = random.nextInt(50) == 0 ? random.nextInt(1_000_000) : random.nextInt(10_000);
      Seen seen = new Seen(pieces);
      seen.io =
          pool.submit(
              Lane.values()[random.nextInt(4)],
              random.nextInt(150),
              task(() -> runSeen(seen, failing, nanos)));
      all.add(seen);
      if (random.nextInt(4) == 0) {
        all.get(random.nextInt(all.size())).io.demand();
      }
      if (random.nextInt(10) == 0) {
        seen.io.cancel();
      }
    }
  }

  private String runSeen(Seen seen, int failing, long nanos) {
    try {
      pool.pieces()
          .run(
              seen.runs.length(),
              index -> {
                seen.underWay.incrementAndGet();
                if (seen.ended.get() || seen.runs.incrementAndGet(index) > 1) {
                  seen.wrong.set("piece " + index + " ran again, or after its call");
                }
                long end = System.nanoTime() + nanos;
                while (System.nanoTime() < end) {
                  Thread.onSpinWait();
                }
                seen.underWay.decrementAndGet();
                if (index == failing) {
                  throw new ChunkIoException(IoFault.TRANSIENT, "piece " + index, null);
                }
              });
      return ended(seen, failing < 0, "done");
    } catch (ChunkIoException e) {
      return ended(seen, failing >= 0, "failed");
    }
  }

  private static String ended(Seen seen, boolean expected, String answer) {
    seen.ended.set(true);
    if (seen.underWay.get() != 0 || !expected) {
      seen.wrong.set(answer + " with " + seen.underWay + " pieces under way");
    }
    return answer;
  }
}
