package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.FakeEngine.Call;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.spi.IoFault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Window and state images that are damaged or gone: an earlier cut, and every row that it needs.
 */
class HybridDamageTest extends FaultTestBase {
  private static final int WINDOW = 1;
  private static final int STATE = 2;
  private static final int STATE_EVERY = 2;

  @Override
  KvLayout layout() {
    return Layouts.HYBRID;
  }

  @Override
  KvCacheBuilder settings(KvCacheBuilder builder) {
    return builder.stateEvery(STATE_EVERY);
  }

  // States end at 2, 4, 6, 8 and 10 chunks; a cut at 10 chunks needs the windows of chunks 8, 9.
  @ParameterizedTest
  @CsvSource({"1, 9, 8", "1, 8, 8", "1, 7, 10", "2, 9, 8", "2, 7, 10", "0, 9, 8", "0, 7, 6"})
  void aDamagedImageFallsToTheNextAllowedCutAndIsRemoved(int group, int chunk, int cut)
      throws Exception {
    assertStoredAndRestart();
    Path damaged = file(chunk, group);
    StoreFiles.flip(damaged, 4096);
    boolean needed = cut < CHUNKS;
    assertRestored(cut * CHUNK, needed ? ShortenedBy.CORRUPT : ShortenedBy.NOTHING);
    assertDelivered(cut);
    assertEquals(needed ? 1 : 0, store.stats().corrupt());
    assertEquals(!needed, Files.exists(damaged));
  }

  @ParameterizedTest
  @CsvSource({"1, 9, 8", "1, 8, 8", "2, 9, 8"})
  void anUnreadableImageThatStaysIsTriedOncePerLease(int group, int chunk, int cut)
      throws Exception {
    assertStoredAndRestart();
    Path unreadable = file(chunk, group);
    io.fail(Op.READ, unreadable::equals, IoFault.TRANSIENT);
    assertRestored(cut * CHUNK, ShortenedBy.IO_ERROR);
    assertDelivered(cut);
    assertEquals(1, store.stats().readErrors());
    io.heal();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @ParameterizedTest
  @CsvSource({"1, 9, 8", "1, 8, 8", "2, 9, 8"})
  void aDeletedWindowOrStateIsFoundOutByTheLookup(int group, int chunk, int cut) throws Exception {
    assertStoredAndRestart();
    Files.delete(file(chunk, group));
    assertEquals(cut * CHUNK, cache.probe(keys));
    assertRestored(cut * CHUNK, ShortenedBy.NO_CUT);
    assertDelivered(cut);
  }

  @ParameterizedTest
  @CsvSource({"1, 9", "1, 8", "2, 9"})
  void aDeletedWindowOrStateIsStoredAgain(int group, int chunk) throws Exception {
    assertStoredAndRestart();
    Files.delete(file(chunk, group));
    storeAll();
    restart();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void withoutAnyStateNothingIsRestored() throws Exception {
    assertStoredAndRestart();
    for (Path file : StoreFiles.images(root)) {
      if (file.toString().endsWith(".g" + STATE)) {
        Files.delete(file);
      }
    }
    assertRestored(0, ShortenedBy.NO_CUT);
    assertEquals(List.of(), engine.calls);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whateverIsDamagedTheLongestWholeCutComesBack(boolean corrupt) throws Exception {
    long seed = System.nanoTime();
    System.out.println("HybridDamageTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 15; round++) {
      restart();
      assertTrue(storeAll().complete());
      restart();
      List<Path> files = StoreFiles.images(root);
      Set<String> gone = new HashSet<>();
      for (int n = 1 + random.nextInt(3); n > 0; n--) {
        Path file = files.get(random.nextInt(files.size()));
        String name = file.getFileName().toString();
        gone.add(name.substring(name.indexOf('-') + 1));
        if (corrupt) {
          Files.write(file, new byte[random.nextInt(9000)]);
        } else {
          Files.deleteIfExists(file);
        }
      }
      int cut = longestCut(gone);
      Restored restored = restore();
      String what = gone + ", seed " + seed + ": " + restored;
      if (corrupt) {
        assertEquals(cut * CHUNK, restored.tokens(), what);
      } else {
        // A lookup by bisection may stop at an earlier hole or wait for the read to find one.
        assertTrue(restored.tokens() <= cut * CHUNK, what);
      }
      assertDelivered(restored.tokens() / CHUNK);
      for (Path file : StoreFiles.images(root)) {
        // A read that nobody waits for any more may be removing a corrupt one right now.
        Files.deleteIfExists(file);
      }
    }
  }

  /** By the definition: all full images, the window's, and the state that ends there. */
  private static int longestCut(Set<String> gone) {
    for (int cut = CHUNKS; cut > 0; cut--) {
      if (isWhole(cut, gone)) {
        return cut;
      }
    }
    return 0;
  }

  private static boolean isWhole(int cut, Set<String> gone) {
    for (int chunk = 0; chunk < cut; chunk++) {
      if (gone.contains(chunk + ".g0")
          || (neededByWindow(chunk, cut) && gone.contains(chunk + ".g" + WINDOW))) {
        return false;
      }
    }
    return cut % STATE_EVERY == 0 && !gone.contains(cut - 1 + ".g" + STATE);
  }

  private static boolean neededByWindow(int chunk, int cut) {
    int window = Layouts.HYBRID.groups().get(WINDOW).window();
    int c = cut * CHUNK;
    for (int p = chunk * CHUNK; p < (chunk + 1) * CHUNK; p++) {
      if (c - window < p && p < c) {
        return true;
      }
    }
    return false;
  }

  /** The engine got every row that the cut needs (the bytes it has checked already). */
  private void assertDelivered(int cut) {
    Set<Call> calls = new HashSet<>(engine.calls);
    for (int group = 0; group < layout().groups().size(); group++) {
      LayoutGroup g = layout().groups().get(group);
      for (int chunk = 0; chunk < cut; chunk++) {
        boolean needed =
            switch (g.kind()) {
              case FULL -> true;
              case WINDOW -> neededByWindow(chunk, cut);
              case STATE -> chunk == cut - 1;
            };
        for (int l = 0; needed && l < g.layerCount(); l++) {
          for (int part = 0; part < g.parts().size(); part++) {
            Call call = new Call(g.layer(l), part, chunk * CHUNK, CHUNK);
            assertTrue(calls.contains(call), () -> call + " was not delivered");
          }
        }
      }
    }
  }
}
