package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.fixture.Await;
import io.kvcache.fixture.FaultyChunkIo;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.fixture.StoreFiles;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls that do not return: who waits goes on, and the call keeps what it uses. Time is ours. */
class HungCallTest extends StoreTestBase {
  private final PromptKeys keys = prompt(1, 3);
  private final AtomicLong now = new AtomicLong();

  private Duration breakerWindow = Duration.ofHours(1);
  private int workers = 2;

  @Override
  DirectoryStore.Builder settings(DirectoryStore.Builder builder) {
    return builder.workers(workers).breakerWindow(breakerWindow).nanoClock(now::get);
  }

  /** Lets the I/O timeout pass for the call that hangs at the gate, the n-th to get there. */
  private void abandon(Gate gate, int n) {
    Await.until(() -> gate.entries() == n);
    now.addAndGet(Duration.ofSeconds(10).toNanos());
    store.pool.abandonOverdue();
  }

  @AfterEach
  void nothingHangsAndNoThreadIsLeft() {
    store.close();
    Await.until(() -> store.stats().io().hung() == 0);
    assertEquals(0, store.stats().io().readBytesInFlight());
    assertEquals(0, store.stats().queuedBytes());
    String threads = "kvcache-io-" + store.ownerToken;
    Await.until(
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith(threads)));
  }

  private void writeAll(PromptKeys prompt) {
    for (int i = 0; i < prompt.chunks(); i++) {
      assertEquals(StoreOutcome.WRITTEN, write(prompt, i).join());
    }
    io.forgetCalls();
  }

  @Test
  void aReadThatDoesNotReturnIsAnsweredAtItsTimeoutAndOthersGoOn() throws Exception {
    writeAll(keys);
    Gate gate = io.hang(Op.READ, file(keys, 0)::equals);
    PendingIo<ReadOutcome> hung = startRead(keys, 0, Urgency.PREFETCH);
    abandon(gate, 1);
    assertEquals(ReadOutcome.TIMED_OUT, hung.outcome().get());
    assertFalse(hung.released().isDone(), "its buffer is the call's until it returns");
    assertEquals(1, store.stats().io().hung());
    assertEquals(1, store.stats().io().abandoned());
    assertEquals(ReadOutcome.OK, read(keys, 1).get());
    assertEquals(ReadOutcome.OK, read(keys, 2).get());
    gate.release();
    hung.released().get();
    assertFalse(gate.threadWasInterrupted());
    Await.until(() -> store.stats().io().hung() == 0);
    assertEquals(ReadOutcome.OK, read(keys, 0).get());
    assertEquals("CLOSED", store.stats().io().readBreaker());
  }

  @Test
  void aFileThatACallHangsOnIsLeftAloneUntilTheCallReturns() throws Exception {
    writeAll(keys);
    Gate gate = io.hang(Op.READ, file(keys, 0)::equals);
    PendingIo<ReadOutcome> hung = startRead(keys, 0, Urgency.DEMAND);
    abandon(gate, 1);
    hung.outcome().get();
    io.forgetCalls();
    assertFalse(directory.holds(keys, 0, 0));
    assertTrue(directory.holds(keys, 1, 0));
    assertEquals(ReadOutcome.TIMED_OUT, read(keys, 0).get());
    assertEquals(StoreOutcome.TIMED_OUT, write(keys, 0).get());
    directory.stamp(
        List.of(new ChunkDirectory.Stamp(StoredChunk.of(keys, 0), 0, () -> {}, () -> {})));
    assertEquals(List.of(), io.calls());
    gate.release();
    hung.released().get();
    assertTrue(directory.holds(keys, 0, 0));
  }

  @Test
  void aWriteThatComesAboutAfterAllCountsAndIsRemembered() throws Exception {
    Gate gate = io.hang(Op.WRITE, path -> true);
    PendingIo<StoreOutcome> hung = startWrite(keys, 0);
    abandon(gate, 1);
    assertEquals(StoreOutcome.TIMED_OUT, hung.outcome().get());
    assertFalse(hung.released().isDone());
    assertEquals(1, store.stats().declined().get(StoreOutcome.TIMED_OUT));
    assertEquals(0, store.stats().queuedBytes());
    gate.release();
    hung.released().get();
    assertEquals(1, store.stats().writes());
    io.forgetCalls();
    assertTrue(directory.holds(keys, 0, 0));
    assertEquals(List.of(), io.calls(), "it was remembered");
    assertEquals(ReadOutcome.OK, read(keys, 0).get());
    assertEquals(List.of(), StoreFiles.leftOvers(root));
  }

  @Test
  void anotherWriteOfAnImageWhoseWriteHangsIsInFlightAndChangesNoByte() throws Exception {
    store.close();
    breakerWindow = Duration.ofNanos(1);
    store = settings(DirectoryStore.builder(root).io(io.factory())).open();
    directory = store.directory(namespace);
    Gate gate = io.hang(Op.WRITE, path -> true);
    PendingIo<StoreOutcome> hung = startWrite(keys, 0);
    abandon(gate, 1);
    hung.outcome().get();
    now.addAndGet(1);
    assertEquals(StoreOutcome.IN_FLIGHT, write(keys, 0).get());
    gate.release();
    hung.released().get();
    assertEquals(ReadOutcome.OK, read(keys, 0).get());
  }

  @Test
  void aLookupThatHangsIsAnsweredAndAsksNothingMoreOnceItReturns() throws Exception {
    Gate gate = io.hang(Op.EXISTS, file(keys, 2)::equals);
    CompletableFuture<Integer> lookup =
        directory.onPool(() -> directory.leadingChunks(keys, 0, 3), -1);
    abandon(gate, 1);
    assertEquals(-1, lookup.get());
    assertEquals(1, store.stats().io().hung());
    assertFalse(directory.holds(keys, 2, 0));
    assertEquals(List.of(file(keys, 2)), io.paths(Op.EXISTS));
    gate.release();
    Await.until(() -> store.stats().io().hung() == 0);
    assertEquals(List.of(file(keys, 2)), io.paths(Op.EXISTS));
    assertEquals(0, directory.onPool(() -> directory.leadingChunks(keys, 0, 3), -1).get());
  }

  @Test
  void aFileThatALateReadProvesCorruptIsRemoved() throws Exception {
    writeAll(keys);
    StoreFiles.flip(file(keys, 0), 5000);
    Gate gate = io.hang(Op.READ, path -> true);
    PendingIo<ReadOutcome> hung = startRead(keys, 0, Urgency.DEMAND);
    abandon(gate, 1);
    assertEquals(ReadOutcome.TIMED_OUT, hung.outcome().get());
    gate.release();
    hung.released().get();
    assertEquals(1, store.stats().corrupt());
    assertFalse(Files.exists(file(keys, 0)));
  }

  @Test
  void aFilesystemThatHangsIsLeftAloneUntilACallReturns() throws Exception {
    store.close();
    workers = 3; // two lose half of their threads before the breaker opens
    openStore();
    PromptKeys many = prompt(2, CircuitBreaker.TROUBLES + 1);
    writeAll(many);
    Gate gate = io.hang(Op.READ, path -> true);
    List<PendingIo<ReadOutcome>> hung = new ArrayList<>();
    for (int i = 0; i < CircuitBreaker.TROUBLES; i++) {
      hung.add(startRead(many, i, Urgency.DEMAND));
      abandon(gate, i + 1);
    }
    for (PendingIo<ReadOutcome> read : hung) {
      assertEquals(ReadOutcome.TIMED_OUT, read.outcome().get());
    }
    assertEquals("OPEN", store.stats().io().readBreaker());
    assertEquals(1, store.stats().io().breakerTrips());
    io.forgetCalls();
    assertEquals(ReadOutcome.TIER_DOWN, read(many, CircuitBreaker.TROUBLES).get());
    assertEquals(-1, directory.onPool(() -> directory.leadingChunks(many, 0, 1), -1).get());
    assertEquals(List.of(), io.calls(), "nothing touches it");
    // Writes do not hang, and are nobody's business.
    assertEquals(StoreOutcome.WRITTEN, write(keys, 0).get());
    gate.release();
    for (PendingIo<ReadOutcome> read : hung) {
      read.released().get();
    }
    assertEquals(ReadOutcome.OK, read(many, 0).get());
    assertEquals("CLOSED", store.stats().io().readBreaker());
  }

  @Test
  void writesThatHangOneByOneNeverTakeTheThreadsOfReads() throws Exception {
    writeAll(keys);
    PromptKeys many = prompt(2, 8);
    Gate gate = io.hang(Op.WRITE, path -> true);
    List<PendingIo<StoreOutcome>> hung = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      hung.add(startWrite(many, i));
      abandon(gate, i + 1);
    }
    PendingIo<StoreOutcome> another = startWrite(many, 2);
    assertEquals(StoreOutcome.TIER_DOWN, another.outcome().get(), "two threads are lost");
    assertEquals(2, store.stats().io().hung());
    assertEquals(ReadOutcome.OK, read(keys, 0).get());
    gate.release();
    for (PendingIo<StoreOutcome> write : hung) {
      write.released().get();
    }
    assertEquals(StoreOutcome.WRITTEN, write(many, 2).get());
  }

  @Test
  void oneServerOfManyThatHangsReadsLeavesLookupsStampsAndWrites() throws Exception {
    PromptKeys dead = prompt(2, 4);
    writeAll(dead);
    writeAll(keys);
    store.close();
    openStore();
    Gate gate =
        io.hang(Op.READ, path -> IntStream.range(0, 4).anyMatch(i -> path.equals(file(dead, i))));
    List<PendingIo<ReadOutcome>> hung = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      assertEquals(ReadOutcome.OK, read(keys, 0).get(), "so no breaker opens");
      hung.add(startRead(dead, i, Urgency.DEMAND));
      abandon(gate, i + 1);
      assertEquals(ReadOutcome.TIMED_OUT, hung.get(i).outcome().get());
    }
    assertEquals("CLOSED", store.stats().io().readBreaker());
    assertEquals(ReadOutcome.TIER_DOWN, read(keys, 0).get(), "half of the threads are lost");
    assertTrue(directory.onPool(() -> directory.holds(keys, 2, 0), false).get());
    assertEquals(StoreOutcome.WRITTEN, write(prompt(3, 1), 0).get());
    directory.stamp(
        List.of(new ChunkDirectory.Stamp(StoredChunk.of(keys, 1), 0, () -> {}, () -> {})));
    Await.until(() -> store.stats().stamps() == 1);
    gate.release();
    for (PendingIo<ReadOutcome> read : hung) {
      read.released().get();
    }
    assertEquals(ReadOutcome.OK, read(keys, 0).get());
  }

  @Test
  void lookupsThatHangAreLeftAloneWithoutTheReads() throws Exception {
    PromptKeys many = prompt(2, CircuitBreaker.TROUBLES);
    writeAll(keys);
    Gate gate = io.hang(Op.EXISTS, path -> true);
    for (int i = 0; i < CircuitBreaker.TROUBLES; i++) {
      int chunk = i;
      CompletableFuture<Boolean> hung =
          directory.onPool(() -> directory.holds(many, chunk, 0), true);
      abandon(gate, i + 1);
      assertTrue(hung.get(), "not known");
    }
    assertEquals("OPEN", store.stats().io().lookupBreaker());
    assertEquals(ReadOutcome.OK, read(keys, 0).get());
    io.forgetCalls();
    assertFalse(directory.onPool(() -> directory.holds(keys, 0, 0), false).get());
    assertEquals(List.of(), io.calls());
    gate.release();
    Await.until(() -> store.stats().io().hung() == 0);
    assertEquals(0, directory.onPool(() -> directory.leadingChunks(many, 0, 1), -1).get());
    assertEquals("CLOSED", store.stats().io().lookupBreaker());
  }

  @Test
  void manySlowCallsInARowAreNotOneThatHangs() throws Exception {
    PromptKeys many = prompt(2, 20);
    makeEmptyFiles(many, 0, 20);
    FaultyChunkIo.Before slow =
        path -> {
          now.addAndGet(Duration.ofSeconds(1).toNanos());
          store.pool.abandonOverdue();
        };
    io.beforeEach(Op.TOUCH, path -> true, slow);
    io.beforeEach(Op.EXISTS, path -> true, slow);
    directory.stamp(
        IntStream.range(0, 20)
            .mapToObj(i -> new ChunkDirectory.Stamp(StoredChunk.of(many, i), 0, () -> {}, () -> {}))
            .toList());
    Await.until(() -> store.stats().stamps() + store.stats().stampErrors() == 20);
    assertEquals(20, store.stats().stamps());
    boolean all =
        directory
            .onPool(
                () -> IntStream.range(0, 20).allMatch(i -> directory.holdsChunk(many, i)), false)
            .join();
    assertTrue(all);
    assertEquals(0, store.stats().io().abandoned());
  }

  @Test
  void stampsThatHangHoldUpNobody() throws Exception {
    writeAll(keys);
    store.close();
    openStore();
    Gate gate = io.hang(Op.TOUCH, path -> true);
    directory.stamp(
        List.of(new ChunkDirectory.Stamp(StoredChunk.of(keys, 0), 0, () -> {}, () -> {})));
    abandon(gate, 1);
    assertEquals(ReadOutcome.OK, read(keys, 1).get());
    assertEquals(1, store.stats().io().hung());
    gate.release();
  }

  @Test
  void closingDoesNotWaitForACallThatHangs() throws Exception {
    writeAll(keys);
    Gate gate = io.hang(Op.READ, path -> true);
    PendingIo<ReadOutcome> hung = startRead(keys, 0, Urgency.DEMAND);
    abandon(gate, 1);
    hung.outcome().get();
    long start = System.nanoTime();
    store.close(); // its timeout is 30 s
    assertTrue(System.nanoTime() - start < 20_000_000_000L);
    assertEquals(1, store.stats().io().hung());
    assertFalse(hung.released().isDone());
    gate.release();
    hung.released().get();
  }
}
