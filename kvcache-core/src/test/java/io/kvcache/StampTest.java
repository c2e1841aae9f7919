package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.store.DirectoryStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A hit writes down that its chunks were used, whatever tier served them. */
class StampTest extends FaultTestBase {
  private Duration interval = Duration.ofMinutes(10);

  @Override
  DirectoryStore.Builder settings(DirectoryStore.Builder builder) {
    return builder.workers(1).stampInterval(interval);
  }

  @Test
  void aHitFromFilesStampsAllItsChunksDeepestFirstAndAHitSoonAfterNone() throws Exception {
    assertStoredAndRestart();
    for (Path file : StoreFiles.images(root)) {
      Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
    }
    assertRestored(ALL, ShortenedBy.NOTHING);
    assertRestored(ALL, ShortenedBy.NOTHING);
    store.close();
    assertEquals(deepestFirst(CHUNKS - 1), io.paths(Op.TOUCH));
    assertEquals(CHUNKS, store.stats().stamps());
    for (Path file : StoreFiles.images(root)) {
      Duration age = Duration.between(Files.getLastModifiedTime(file).toInstant(), Instant.now());
      assertTrue(age.abs().compareTo(Duration.ofMinutes(1)) < 0, file + " is " + age + " old");
    }
  }

  @Test
  void aHitFromMemoryStampsTheFilesOnceTheIntervalIsOver() throws Exception {
    interval = Duration.ofMillis(1);
    restart();
    assertTrue(storeAll().complete());
    long written = System.currentTimeMillis();
    while (System.currentTimeMillis() < written + 2) {
      Thread.onSpinWait();
    }
    assertRestored(ALL, ShortenedBy.NOTHING);
    assertEquals(0, store.stats().reads(), "memory served it");
    store.close();
    assertEquals(deepestFirst(CHUNKS - 1), io.paths(Op.TOUCH));
  }

  @Test
  void whatWasJustWrittenIsNotStamped() {
    restart();
    assertTrue(storeAll().complete());
    assertRestored(ALL, ShortenedBy.NOTHING);
    store.close();
    assertEquals(0, io.count(Op.TOUCH));
  }

  @Test
  void aChunkThatIsReadAgainAndAgainIsStampedOnceInAnInterval() throws Exception {
    assertStoredAndRestart();
    assertRestored(ALL, ShortenedBy.NOTHING);
    for (int i = 0; i < 3; i++) {
      // Another cache has nothing in memory, as one whose memory is too small to keep it.
      try (KvCache other = Layouts.cache(layout()).store(store).build()) {
        assertEquals(ALL, Caches.restore(other, tokens));
      }
    }
    store.close();
    assertEquals(deepestFirst(CHUNKS - 1), io.paths(Op.TOUCH));
  }

  @Test
  void onlyTheChunksThatWereUsedAreStamped() throws Exception {
    assertStoredAndRestart();
    Files.delete(file(9));
    assertRestored(9 * CHUNK, ShortenedBy.MISS);
    store.close();
    assertEquals(deepestFirst(8), io.paths(Op.TOUCH));
  }

  private List<Path> deepestFirst(int deepest) throws Exception {
    List<Path> files = new ArrayList<>();
    for (int chunk = deepest; chunk >= 0; chunk--) {
      files.add(file(chunk));
    }
    return files;
  }
}
