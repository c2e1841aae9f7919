package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Await;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.store.DirectoryStore;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A filesystem call that does not return, as an engine sees it. */
class HungStoreTest extends FaultTestBase {
  @Override
  DirectoryStore.Builder settings(DirectoryStore.Builder builder) {
    // Long enough for calls that do not hang, on a busy machine too.
    return builder.ioTimeout(Duration.ofSeconds(2)).breakerWindow(Duration.ofHours(1));
  }

  @Test
  void aReadThatHangsShortensThePrefixAndItsSlotIsNotUsedAgainUntilItReturns() throws Exception {
    assertStoredAndRestart();
    Path file = file(4);
    Gate gate = io.hang(Op.READ, file::equals);
    assertRestored(4 * CHUNK, ShortenedBy.DEADLINE);
    Await.until(() -> cache.stats().dram().pinnedImages() == 1);
    assertEquals(1, store.stats().io().hung());
    // The next request does not hang there again.
    io.forgetCalls();
    assertTrue(restore().tokens() <= 4 * CHUNK);
    assertFalse(io.paths(Op.READ).contains(file));
    gate.release();
    Await.until(() -> cache.stats().dram().pinnedImages() == 0);
    Await.until(() -> store.stats().io().hung() == 0);
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void aWriteThatHangsIsReportedAndItsSlotKept() throws Exception {
    restart();
    Gate gate = io.hang(Op.WRITE, path -> path.toString().contains(keys.chunk(2).hex()));
    PersistReport persisted = storeAll();
    assertEquals(StoreOutcome.TIMED_OUT, persisted.chunks().get(2));
    assertEquals(CHUNKS - 1, persisted.images().get(StoreOutcome.WRITTEN));
    assertEquals(1, cache.stats().dram().pinnedImages());
    assertRestored(ALL, ShortenedBy.NOTHING); // memory has it
    gate.release();
    Await.until(() -> cache.stats().dram().pinnedImages() == 0);
    Await.until(() -> store.stats().io().hung() == 0);
    restart();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }
}
