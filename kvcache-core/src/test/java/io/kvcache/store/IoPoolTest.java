package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class IoPoolTest {
  @Test
  void aThreadThatTheSystemDoesNotGrantFailsNoCallerAndIsAskedForAgain() {
    AtomicBoolean exhausted = new AtomicBoolean(true);
    IoPool pool =
        new IoPool(
            2,
            task -> {
              if (exhausted.get()) {
                throw new OutOfMemoryError("unable to create native thread");
              }
              Thread thread = new Thread(task);
              thread.setDaemon(true);
              return thread;
            });
    AtomicBoolean ran = new AtomicBoolean();
    assertEquals("no", pool.submit(() -> "yes", "no").join());
    pool.run(() -> ran.set(true));
    assertEquals(0, pool.queuedTasks());
    exhausted.set(false);
    assertEquals("yes", pool.submit(() -> "yes", "no").join());
    assertEquals(0, pool.close(1_000_000_000L));
    assertFalse(ran.get(), "it was dropped, not kept for later");
  }

  @Test
  void whatARequestWaitsForGoesBeforeWritesAndEachInItsOrder() {
    IoPool pool = new IoPool("test", 1);
    CompletableFuture<Void> gate = new CompletableFuture<>();
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    CompletableFuture<Void> first = pool.submitLate(gate::join, null);
    pool.submitLate(() -> order.add("write 1"), false);
    pool.submitLate(() -> order.add("write 2"), false);
    pool.submit(() -> order.add("read 1"), false);
    pool.submit(() -> order.add("read 2"), false);
    gate.complete(null);
    first.join();
    assertEquals(0, pool.close(10_000_000_000L));
    assertEquals(List.of("read 1", "read 2", "write 1", "write 2"), order);
  }
}
