package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.spi.IoFault;
import java.nio.file.Files;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LookupTest extends StoreTestBase {
  /** Chunks of a 50,000-token prompt. */
  private static final int CHUNKS = 196;

  @Test
  void aColdLookupAsksAtMostNineTimesAndAWarmOneOfAWholePromptNotAtAll() throws Exception {
    PromptKeys keys = prompt(1, CHUNKS);
    makeEmptyFiles(keys, 0, CHUNKS);
    assertEquals(CHUNKS, directory.leadingChunks(keys, 0, CHUNKS));
    assertEquals(1, io.count(Op.EXISTS));
    io.forgetCalls();
    assertEquals(CHUNKS, directory.leadingChunks(keys, 0, CHUNKS));
    assertEquals(0, io.count(Op.EXISTS));
    assertEquals(1, store.stats().existenceChecks());
  }

  @Test
  void everyPrefixIsFoundInNineQuestions() throws Exception {
    PromptKeys keys = prompt(2, CHUNKS);
    for (int present = 0; present <= CHUNKS; present++) {
      try (DirectoryStore cold = DirectoryStore.builder(root).io(io.factory()).open()) {
        io.forgetCalls();
        assertEquals(present, cold.directory(namespace).leadingChunks(keys, 0, CHUNKS));
        assertTrue(io.count(Op.EXISTS) <= 9, present + ": " + io.count(Op.EXISTS));
      }
      if (present < CHUNKS) {
        makeEmptyFiles(keys, present, present + 1);
      }
    }
  }

  @Test
  void holesNeverMakeItClaimThatAnAbsentChunkFollowsAPresentOne() throws Exception {
    long seed = System.nanoTime();
    System.out.println("LookupTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 30; round++) {
      PromptKeys keys = prompt(random.nextLong(), 40);
      BitSet there = new BitSet();
      for (int i = 0; i < 40; i++) {
        if (random.nextInt(4) > 0) {
          there.set(i);
          makeEmptyFiles(keys, i, i + 1);
        }
      }
      int from = random.nextInt(there.nextClearBit(0) + 1);
      int found = directory.leadingChunks(keys, from, 40);
      assertTrue(found >= from && found <= 40, "seed " + seed);
      assertTrue(found == from || there.get(found - 1), "its last one is there, seed " + seed);
      assertTrue(found == 40 || !there.get(found), "the next one is not, seed " + seed);
    }
  }

  @Test
  void anAbsenceIsNotRememberedSinceAnotherNodeMayPublish() throws Exception {
    PromptKeys keys = prompt(3, 1);
    assertFalse(directory.holds(keys, 0, 0));
    try (DirectoryStore other = DirectoryStore.open(root)) {
      directory = other.directory(namespace);
      assertEquals(StoreOutcome.WRITTEN, write(keys, 0).get());
    }
    directory = store.directory(namespace);
    assertTrue(directory.holds(keys, 0, 0));
  }

  @Test
  void aPresenceIsRememberedNoLongerThanItsTimeToLive() throws Exception {
    PromptKeys keys = prompt(4, 1);
    makeEmptyFiles(keys, 0, 1);
    try (DirectoryStore forgetful =
        DirectoryStore.builder(root).io(io.factory()).presenceTtl(Duration.ofNanos(1)).open()) {
      ChunkDirectory forgetting = forgetful.directory(namespace);
      assertTrue(forgetting.holds(keys, 0, 0));
      Files.delete(file(keys, 0));
      assertFalse(forgetting.holds(keys, 0, 0));
    }
  }

  @Test
  void aReadThatMissesForgetsThatTheFileWasSeen() throws Exception {
    PromptKeys keys = prompt(5, 1);
    write(keys, 0).get();
    Files.delete(file(keys, 0));
    assertTrue(directory.holds(keys, 0, 0), "as far as is known");
    assertEquals(ReadOutcome.MISSING, read(keys, 0).get());
    assertFalse(directory.holds(keys, 0, 0));
    assertEquals(1, store.stats().missing());
  }

  @Test
  void aQuestionThatFailsIsAnAbsenceThatIsCountedAndNotRemembered() throws Exception {
    PromptKeys keys = prompt(6, 8);
    makeEmptyFiles(keys, 0, 8);
    io.fail(Op.EXISTS, IoFault.TRANSIENT);
    assertEquals(0, directory.leadingChunks(keys, 0, 8));
    assertTrue(store.stats().readErrors() > 0);
    io.heal();
    assertEquals(8, directory.leadingChunks(keys, 0, 8));
  }

  @Test
  void aSeenFileThatAStampDoesNotFindIsForgotten() throws Exception {
    PromptKeys keys = prompt(7, 1);
    makeEmptyFiles(keys, 0, 1);
    assertTrue(directory.holds(keys, 0, 0));
    Files.delete(file(keys, 0));
    directory.stamp(
        List.of(new ChunkDirectory.Stamp(StoredChunk.of(keys, 0), 0, () -> {}, () -> {})));
    store.close();
    assertEquals(1, store.stats().stampErrors());
    assertFalse(directory.holds(keys, 0, 0));
  }
}
