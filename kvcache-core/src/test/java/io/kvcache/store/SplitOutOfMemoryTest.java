package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kvcache.fixture.Await;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.spi.ChunkIoException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A heap that is exhausted while threads are asked for: no call ends before its helpers do. */
class SplitOutOfMemoryTest extends PoolTestBase {
  /** What a full heap makes of "e.toString()". */
  private static final class NoHeap extends OutOfMemoryError {
    private static final long serialVersionUID = 1L;

    @Override
    public String toString() {
      throw new OutOfMemoryError("Java heap space");
    }
  }

  @Test
  void noPieceIsUnderWayWhenTheCallHasEnded() throws Exception {
    AtomicInteger made = new AtomicInteger();
    AtomicInteger inPieces = new AtomicInteger();
    Gate gate = new Gate();
    gates.add(gate);
    pool(
        3,
        100,
        task -> {
          int number = made.getAndIncrement();
          // 0: the caller, 1: the watchdog, 2: a helper; the next finds no heap.
          if (number == 3) {
            Await.until(() -> inPieces.get() == 1);
            throw new NoHeap();
          }
          return daemon(task);
        });
    AtomicInteger left = new AtomicInteger(-1);
    Thread releaser =
        new Thread(
            () -> {
              Await.until(() -> left.get() >= 0 || inPieces.get() == 3);
              gate.release();
            });
    PendingIo<String> call =
        pool.submit(
            Lane.DEMAND,
            1,
            task(
                () -> {
                  Thread caller = Thread.currentThread();
                  try {
                    pool.pieces()
                        .run(
                            3,
                            index -> {
                              inPieces.incrementAndGet();
                              if (Thread.currentThread() != caller) {
                                gate.pass();
                              } else {
                                gate.release();
                              }
                              inPieces.decrementAndGet();
                            });
                  } catch (ChunkIoException | RuntimeException | Error e) {
                    // Whatever it is.
                  }
                  // From here on the caller closes its descriptor and gives its buffer back.
                  left.set(inPieces.get());
                  return "ended";
                }));
    releaser.start();
    call.outcome().join();
    assertEquals(0, left.get(), "pieces that still use the descriptor and the buffer");
  }

  @ParameterizedTest
  @ValueSource(strings = {"heap", "thread", "factory"})
  void aWorkerThatCannotBeStartedIsNoneAndTheNextOneServes(String missing) {
    AtomicInteger made = new AtomicInteger();
    pool(
        1,
        100,
        task -> {
          if (made.getAndIncrement() > 0) {
            return daemon(task);
          }
          if (missing.equals("factory")) {
            throw new IllegalStateException("a factory that breaks");
          }
          throw missing.equals("heap")
              ? new NoHeap()
              : new OutOfMemoryError("unable to create native thread");
        });
    assertEquals("down", submit(Lane.DEMAND, "first").outcome().join());
    assertEquals("second", submit(Lane.DEMAND, "second").outcome().join());
  }
}
