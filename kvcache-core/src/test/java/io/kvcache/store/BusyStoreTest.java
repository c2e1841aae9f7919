package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.spi.IoFault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Bounds under load, and breakers that open for trouble and close by themselves. */
class BusyStoreTest extends StoreTestBase {
  private final PromptKeys keys = prompt(1, 20);

  @Override
  DirectoryStore.Builder settings(DirectoryStore.Builder builder) {
    return builder
        .workers(8)
        .maxReadBytesInFlight(2L * namespace.image(0).imageBytes())
        .maxQueuedTime(Duration.ofNanos(1))
        .breakerWindow(Duration.ofMillis(1));
  }

  private void writeAll() {
    for (int i = 0; i < keys.chunks(); i++) {
      assertEquals(StoreOutcome.WRITTEN, write(keys, i).join());
    }
  }

  @Test
  void bytesOfReadsUnderWayNeverExceedTheirBound() {
    writeAll();
    AtomicLong most = new AtomicLong();
    io.beforeEach(
        Op.READ,
        path -> true,
        path -> most.accumulateAndGet(store.stats().io().readBytesInFlight(), Math::max));
    List<CompletableFuture<ReadOutcome>> reads = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      reads.add(read(keys, i % keys.chunks()));
    }
    reads.forEach(read -> assertEquals(ReadOutcome.OK, read.join()));
    assertTrue(most.get() <= 2L * namespace.image(0).imageBytes(), most + " bytes");
    assertEquals(0, store.stats().io().readBytesInFlight());
  }

  @Test
  void writesThatWouldTakeTooLongAreDeclinedAndSaidSo() throws Exception {
    assertEquals(StoreOutcome.WRITTEN, write(keys, 0).get());
    assertTrue(store.stats().io().averageWriteNanos() > 0);
    Gate gate = io.block(Op.WRITE);
    CompletableFuture<StoreOutcome> slow = write(keys, 1);
    gate.awaitEntered();
    assertEquals(StoreOutcome.QUEUE_FULL, write(keys, 2).get());
    assertEquals(1, store.stats().io().droppedWrites());
    gate.release();
    assertEquals(StoreOutcome.WRITTEN, slow.get());
    assertEquals(StoreOutcome.WRITTEN, write(keys, 2).get());
  }

  @Test
  void readsThatFailOpenTheBreakerWhichClosesByItselfWhenTheyWorkAgain() {
    writeAll();
    io.fail(Op.READ, IoFault.TRANSIENT);
    for (int i = 0; i < keys.chunks(); i++) {
      ReadOutcome outcome = read(keys, i).join();
      assertTrue(outcome == ReadOutcome.IO_ERROR || outcome == ReadOutcome.TIER_DOWN, "" + outcome);
    }
    assertEquals(1, store.stats().io().breakerTrips());
    io.heal();
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (read(keys, 0).join() != ReadOutcome.OK) {
      assertTrue(System.nanoTime() < deadline, "it never closes");
    }
    assertEquals("CLOSED", store.stats().io().readBreaker());
  }

  @Test
  void writesToAReadOnlyFilesystemOpenTheBreakerWhichClosesByItself() {
    io.fail(Op.WRITE, IoFault.READ_ONLY);
    for (int i = 0; i < keys.chunks(); i++) {
      StoreOutcome outcome = write(keys, i).join();
      assertTrue(outcome == StoreOutcome.READ_ONLY || outcome == StoreOutcome.TIER_DOWN);
    }
    assertEquals(1, store.stats().io().breakerTrips());
    assertEquals("CLOSED", store.stats().io().readBreaker());
    io.heal();
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (write(keys, 0).join() != StoreOutcome.WRITTEN) {
      assertTrue(System.nanoTime() < deadline, "it never closes");
    }
    assertEquals("CLOSED", store.stats().io().writeBreaker());
  }

  @Test
  void lookupsThatFailOpenTheBreakerWhichClosesByItself() {
    makeSureItExists();
    io.fail(Op.EXISTS, IoFault.TRANSIENT);
    directory.onPool(() -> directory.leadingChunks(keys, 0, 20), 0).join();
    assertEquals(1, store.stats().io().breakerTrips());
    io.heal();
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (directory.onPool(() -> directory.leadingChunks(keys, 0, 1), -1).join() != 1) {
      assertTrue(System.nanoTime() < deadline, "it never closes");
    }
    assertEquals("CLOSED", store.stats().io().lookupBreaker());
  }

  private void makeSureItExists() {
    try {
      makeEmptyFiles(keys, 0, 1);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void oneBadFileAskedForAgainAndAgainOpensNothing() {
    writeAll();
    io.fail(Op.READ, file(keys, 3)::equals, IoFault.TRANSIENT);
    for (int i = 0; i < 50; i++) {
      assertEquals(ReadOutcome.IO_ERROR, read(keys, 3).join());
    }
    assertEquals(ReadOutcome.OK, read(keys, 4).join());
    assertEquals(0, store.stats().io().breakerTrips());
  }

  @Test
  void missingFilesAndAFullDiskAreNoTroubleOfTheFilesystems() {
    PromptKeys never = prompt(9, 20);
    for (int i = 0; i < 20; i++) {
      assertEquals(ReadOutcome.MISSING, read(never, i).join());
    }
    io.fail(Op.WRITE, IoFault.NO_SPACE);
    for (int i = 0; i < 20; i++) {
      assertEquals(StoreOutcome.NO_SPACE, write(keys, i).join());
    }
    assertEquals(0, store.stats().io().breakerTrips());
  }

  @Test
  void aQueuedReadIsCancelledAndItsBufferFreeAtOnce() throws Exception {
    writeAll();
    Gate one = io.block(Op.READ);
    CompletableFuture<ReadOutcome> first = read(keys, 0);
    one.awaitEntered();
    Gate two = io.block(Op.READ);
    CompletableFuture<ReadOutcome> second = read(keys, 1);
    two.awaitEntered();
    PendingIo<ReadOutcome> queued = startRead(keys, 2, Urgency.PREFETCH);
    assertEquals(1, store.stats().io().queuedPrefetch());
    queued.demand();
    assertEquals(1, store.stats().io().queuedDemand());
    assertTrue(queued.cancel());
    assertEquals(ReadOutcome.CANCELLED, queued.outcome().get());
    assertTrue(queued.released().isDone());
    assertEquals(1, store.stats().io().cancelled());
    one.release();
    two.release();
    assertEquals(ReadOutcome.OK, first.get());
    assertEquals(ReadOutcome.OK, second.get());
  }
}
