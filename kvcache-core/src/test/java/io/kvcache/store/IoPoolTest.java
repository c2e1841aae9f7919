package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

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
}
