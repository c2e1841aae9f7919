package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Await;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.fixture.FaultyChunkIo.Op;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Acquire and restore without a thread that waits, and what cancelling them leaves behind. */
class AsyncTest extends FaultTestBase {
  private final ExecutorService engineThreads =
      Executors.newFixedThreadPool(2, task -> new Thread(task, "an-engine-thread"));
  private Duration lookupTimeout = Duration.ofSeconds(30);

  @Override
  KvCacheBuilder settings(KvCacheBuilder builder) {
    return builder.lookupTimeout(lookupTimeout);
  }

  @AfterEach
  void end() {
    engineThreads.shutdownNow();
  }

  @Test
  void aLeaseComesOnTheCachesExecutorWithEverythingOnItsWay() {
    assertStoredAndRestart();
    AtomicReference<String> thread = new AtomicReference<>();
    Gate lookup = io.block(Op.EXISTS);
    CompletableFuture<PrefixLease> coming = cache.acquireAsync(keys);
    CompletableFuture<Void> seen =
        coming.thenAccept(lease -> thread.set(Thread.currentThread().getName()));
    assertFalse(coming.isDone(), "it waits for nobody");
    lookup.release();
    seen.join();
    assertEquals("kvcache-callbacks", thread.get());
    try (PrefixLease lease = coming.join()) {
      assertEquals(ALL, lease.tokens());
      Await.until(() -> io.count(Op.READ) >= CHUNKS); // though nobody restores
      assertEquals(ALL, lease.restore(engine.verifier()));
    }
  }

  @Test
  void aLeaseComesWithoutTheStoreIfThatDoesNotAnswerInTime() {
    lookupTimeout = Duration.ofMillis(20);
    assertStoredAndRestart();
    Gate lookup = io.block(Op.EXISTS);
    try (PrefixLease lease = cache.acquireAsync(keys).join()) {
      assertEquals(0, lease.tokens());
      assertEquals(ShortenedBy.DEADLINE, lease.shortenedBy());
    }
    lookup.release();
  }

  @Test
  void cancellingAnAcquireGivesEverythingBack() {
    assertStoredAndRestart();
    assertEquals(3 * CHUNK, Caches.restore(cache, Arrays.copyOf(tokens, 3 * CHUNK + 1)));
    Gate lookup = io.block(Op.EXISTS);
    CompletableFuture<PrefixLease> coming = cache.acquireAsync(keys);
    assertEquals(1, cache.stats().openLeases());
    assertTrue(coming.cancel(true));
    assertThrows(CancellationException.class, coming::join);
    Caches.assertAllGivenBack(cache);
    lookup.release();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void cancellingAfterCompletionDoesNothing() {
    assertStoredAndRestart();
    CompletableFuture<PrefixLease> came = cache.acquireAsync(keys);
    try (PrefixLease lease = came.join()) {
      assertFalse(came.cancel(true));
      CompletableFuture<Integer> restored = lease.restoreAsync(engine.verifier(), engineThreads);
      assertEquals(ALL, restored.join());
      assertFalse(restored.cancel(true));
      assertEquals(ALL, lease.tokens());
    }
  }

  @Test
  void theSinkRunsOnTheEnginesExecutorAndTheResultComesOnTheCaches() {
    assertStoredAndRestart();
    KvSink verifier = engine.verifier();
    KvSink sink =
        (layer, part, from, count, rows) -> {
          assertEquals("an-engine-thread", Thread.currentThread().getName());
          verifier.write(layer, part, from, count, rows);
        };
    Gate read = io.block(Op.READ);
    try (PrefixLease lease = cache.acquire(keys)) {
      CompletableFuture<Integer> coming = lease.restoreAsync(sink, engineThreads);
      CompletableFuture<String> thread =
          coming.thenApply(tokens -> Thread.currentThread().getName());
      read.release();
      assertEquals("kvcache-callbacks", thread.join());
      assertEquals(ALL, coming.join());
    }
  }

  @Test
  void cancellingARestoreEndsItAtTheNextRowAndTheLeaseStaysUsable() throws Exception {
    assertStoredAndRestart();
    CountDownLatch atThirdRow = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    AtomicInteger rowsSeen = new AtomicInteger();
    KvSink sink =
        (layer, part, from, count, rows) -> {
          if (rowsSeen.incrementAndGet() == 3) {
            atThirdRow.countDown();
            try {
              cancelled.await();
            } catch (InterruptedException e) {
              throw new AssertionError("engine threads are not interrupted", e);
            }
          }
        };
    try (PrefixLease lease = cache.acquire(keys)) {
      CompletableFuture<Integer> coming = lease.restoreAsync(sink, engineThreads);
      atThirdRow.await();
      assertTrue(coming.cancel(true));
      cancelled.countDown();
      assertThrows(CancellationException.class, coming::join);
      assertEquals(ALL, lease.tokens(), "waits for the restore to end");
      assertEquals(3, rowsSeen.get());
      assertEquals(ALL, lease.restore(engine.verifier()));
    }
  }

  @Test
  void cancellingARestoreEndsItsWaitForARead() throws Exception {
    assertStoredAndRestart();
    Gate read = io.block(Op.READ, file(5)::equals);
    try (PrefixLease lease = cache.acquire(keys)) {
      CompletableFuture<Integer> coming = lease.restoreAsync(engine.verifier(), engineThreads);
      read.awaitEntered();
      assertTrue(coming.cancel(false));
      assertEquals(ALL, lease.tokens(), "nothing is wrong with the prefix");
      read.release();
      assertEquals(ALL, lease.restore(engine.verifier()));
    }
  }

  @Test
  void whatASinkThrowsReachesTheResult() {
    assertStoredAndRestart();
    KvSink broken =
        (layer, part, from, count, rows) -> {
          throw new IllegalStateException("an engine's own");
        };
    try (PrefixLease lease = cache.acquire(keys)) {
      CompletionException thrown =
          assertThrows(CompletionException.class, lease.restoreAsync(broken, engineThreads)::join);
      assertEquals("an engine's own", thrown.getCause().getMessage());
    }
  }

  @Test
  void anExecutorThatTakesNothingFailsTheResultAndLeaksNothing() {
    assertStoredAndRestart();
    engineThreads.shutdown();
    try (PrefixLease lease = cache.acquire(keys)) {
      CompletionException thrown =
          assertThrows(
              CompletionException.class,
              lease.restoreAsync(engine.verifier(), engineThreads)::join);
      assertInstanceOf(RejectedExecutionException.class, thrown.getCause());
      assertEquals(ALL, lease.restore(engine.verifier()));
    }
  }

  @Test
  void aTaskThatAnExecutorDropsEndsWithTheLease() {
    assertStoredAndRestart();
    PrefixLease lease = cache.acquire(keys);
    CompletableFuture<Integer> coming = lease.restoreAsync(engine.verifier(), task -> {});
    lease.close();
    CompletionException thrown = assertThrows(CompletionException.class, coming::join);
    assertInstanceOf(IllegalStateException.class, thrown.getCause());
  }

  @Test
  void aClosedLeaseRestoresNothing() {
    assertStoredAndRestart();
    PrefixLease lease = cache.acquire(keys);
    lease.close();
    assertThrows(
        IllegalStateException.class, () -> lease.restoreAsync(engine.verifier(), engineThreads));
  }
}
