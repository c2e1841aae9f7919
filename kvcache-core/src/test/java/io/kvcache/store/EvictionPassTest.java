package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.PromptKeys;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.spi.IoFault;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a pass over a directory removes, and what it leaves. */
class EvictionPassTest extends StoreTestBase {
  private static final long INTERVAL = 600_000;
  private static final long NOW = 1_800_000_000_000L / INTERVAL * INTERVAL;
  private final PromptKeys keys = prompt(1, 10);
  private final long image = namespace.image(0).imageBytes();

  /** Makes the image of a chunk that was last used so many intervals ago. */
  private Path put(PromptKeys prompt, int chunk, int intervalsAgo) throws Exception {
    Path file = file(prompt, chunk);
    Files.createDirectories(file.getParent());
    Files.write(file, new byte[(int) image]);
    return stamp(file, intervalsAgo);
  }

  private static Path stamp(Path file, int intervalsAgo) throws Exception {
    return Files.setLastModifiedTime(
        file, FileTime.fromMillis(NOW - intervalsAgo * INTERVAL + 1234));
  }

  private void putAll() throws Exception {
    for (int chunk = 0; chunk < 10; chunk++) {
      put(keys, chunk, 1);
    }
  }

  private EvictionReport evictAbove(int images, int downTo, boolean dryRun) {
    return store.evict(20 * image, images / 20.0, downTo / 20.0, dryRun);
  }

  @Test
  void theLeastRecentlyUsedIntervalGoesFirst() throws Exception {
    putAll();
    stamp(file(keys, 3), 7);
    stamp(file(keys, 0), 5);
    EvictionReport report = evictAbove(9, 8, false);
    assertFalse(Files.exists(file(keys, 3)));
    assertFalse(Files.exists(file(keys, 0)));
    assertEquals(8, StoreFiles.images(root).size());
    assertEquals(
        new EvictionReport(
            10, 2, 2 * image, 10 * image, 8 * image, false, 0, 0, 0, report.foreign(), 0, true),
        report);
  }

  @Test
  void amongChunksUsedInTheSameIntervalTheDeepestGoFirst() throws Exception {
    putAll();
    evictAbove(9, 4, false);
    for (int chunk = 0; chunk < 10; chunk++) {
      assertEquals(chunk < 4, Files.exists(file(keys, chunk)), "chunk " + chunk);
    }
  }

  @Test
  void nothingGoesUntilThereIsMoreThanTheHighWatermark() throws Exception {
    putAll();
    EvictionReport report = evictAbove(10, 5, false);
    assertEquals(0, report.deleted());
    assertEquals(10 * image, report.usageAfter());
    put(prompt(2, 1), 0, 0);
    assertEquals(6, evictAbove(10, 5, false).deleted());
    assertEquals(0, evictAbove(10, 5, false).deleted(), "and then nothing for a while");
  }

  @Test
  void aDryRunTouchesNothingAndSaysWhatWouldGo() throws Exception {
    putAll();
    Path owned = Files.createFile(root.resolve(".probe.aBcdefgh"));
    Files.setLastModifiedTime(owned, FileTime.fromMillis(0));
    EvictionReport report = evictAbove(9, 4, true);
    assertTrue(report.dryRun());
    assertEquals(6, report.deleted());
    assertEquals(4 * image, report.usageAfter());
    assertEquals(1, report.orphansRemoved());
    assertEquals(10, StoreFiles.images(root).size());
    assertTrue(Files.exists(owned));
    assertEquals(0, io.count(Op.DELETE));
  }

  @Test
  void aChunkUsedBetweenTheScanAndItsTurnStays() throws Exception {
    putAll();
    Path used = stamp(file(keys, 9), 8);
    io.before(Op.LAST_MODIFIED, used::equals, file -> stamp(file, 0));
    EvictionReport report = evictAbove(9, 8, false);
    assertTrue(Files.exists(used));
    assertEquals(1, report.spared());
    assertEquals(1, report.deleted());
  }

  @Test
  void whatAnotherEvictorRemovedFirstIsGoneAndNoFailure() throws Exception {
    putAll();
    stamp(file(keys, 9), 8);
    io.before(Op.LAST_MODIFIED, file(keys, 9)::equals, Files::delete);
    io.before(Op.DELETE, file(keys, 8)::equals, Files::delete);
    EvictionReport report = evictAbove(9, 7, false);
    assertEquals(2, report.gone());
    assertEquals(1, report.deleted());
    assertEquals(0, report.failed());
    assertEquals(7, StoreFiles.images(root).size());
  }

  @Test
  void whatWasRemovedIsNoLongerBelievedToBeThere() throws Exception {
    putAll();
    assertTrue(directory.holds(keys, 9, 0));
    evictAbove(9, 8, false);
    assertFalse(directory.holds(keys, 9, 0));
    assertTrue(directory.holds(keys, 7, 0));
  }

  @Test
  void foreignFilesAndLinksAreCountedAndLeftAndNoPartOfTheUsage(@TempDir Path elsewhere)
      throws Exception {
    putAll();
    Path shard = file(keys, 9).getParent();
    Path note = Files.write(shard.resolve("note.txt"), new byte[100_000]);
    Path backup = Files.write(shard.resolve(file(keys, 9).getFileName() + ".bak"), new byte[9]);
    Path outside = Files.createDirectory(elsewhere.resolve("model_0123456789ab_r0"));
    Path target =
        Files.write(
            Files.createDirectory(outside.resolve("abc")).resolve("abc" + "0".repeat(61) + "-1.g0"),
            new byte[9]);
    Files.setLastModifiedTime(target, FileTime.fromMillis(0));
    Path linkedNamespace = Files.createSymbolicLink(root.resolve(outside.getFileName()), outside);
    Path linkedImage =
        Files.createSymbolicLink(
            shard.resolve(shard.getFileName() + "0".repeat(61) + "-1.g0"), target);
    Path data = Files.createDirectories(root.resolve("other-data/abc"));
    Files.write(data.resolve("abc" + "0".repeat(61) + "-1.g0"), new byte[9]);
    EvictionReport report = evictAbove(9, 1, false);
    assertEquals(10 * image, report.usageBefore());
    assertEquals(5, report.foreign());
    assertEquals(9, report.deleted());
    for (Path left : List.of(note, backup, target, linkedNamespace, linkedImage, data)) {
      assertTrue(Files.exists(left, LinkOption.NOFOLLOW_LINKS), left + " was removed");
    }
    assertTrue(Files.exists(data.resolve("abc" + "0".repeat(61) + "-1.g0")));
  }

  @Test
  void aRootBehindASymbolicLinkIsLookedAtAllTheSame(@TempDir Path elsewhere) throws Exception {
    putAll();
    Path link = Files.createSymbolicLink(elsewhere.resolve("cache"), root);
    try (DirectoryStore linked = DirectoryStore.open(link)) {
      EvictionReport report = linked.evict(20 * image, 0.45, 0.2, false);
      assertEquals(10, report.scanned());
      assertEquals(6, report.deleted());
    }
  }

  @Test
  void aShardThatCannotBeListedIsPassedOverAndTakenForAnAverageOne() throws Exception {
    putAll();
    Path bad = file(keys, 0).getParent();
    io.fail(Op.LIST, bad::equals, IoFault.TRANSIENT);
    EvictionReport report = evictAbove(8, 4, false);
    assertTrue(Files.exists(file(keys, 0)));
    assertEquals(5, report.deleted(), "four of those it saw are left");
    assertEquals(1, report.failed());
    assertTrue(report.usageBefore() > 9 * image, "usage " + report.usageBefore());
  }

  @Test
  void aFileThatCannotBeRemovedIsCountedAndTheOthersGo() throws Exception {
    putAll();
    io.fail(Op.DELETE, file(keys, 9)::equals, IoFault.TRANSIENT);
    EvictionReport report = evictAbove(9, 4, false);
    assertEquals(1, report.failed());
    assertEquals(5, report.deleted());
    assertEquals(5 * image, report.usageAfter());
  }

  @Test
  void aReadOnlyDirectoryIsNotAskedAMillionTimes() throws Exception {
    putAll();
    io.fail(Op.DELETE, IoFault.READ_ONLY);
    assertEquals(1, evictAbove(9, 1, false).failed());
  }

  @Test
  void twoEvictorsAtOnceLeaveWhatOneWouldHaveLeft() throws Exception {
    putAll();
    try (DirectoryStore other = DirectoryStore.open(root)) {
      // The other one's whole pass falls between this one's scan and its first removal.
      io.before(
          Op.LAST_MODIFIED,
          file -> true,
          file -> other.evict(20 * image, 9 / 20.0, 4 / 20.0, false));
      evictAbove(9, 4, false);
    }
    for (int chunk = 0; chunk < 10; chunk++) {
      assertEquals(chunk < 4, Files.exists(file(keys, chunk)), "chunk " + chunk);
    }
  }

  @Test
  void filesGoNoFasterThanTheUnlinkRateAndADryRunWaitsForNone() throws Exception {
    store.close();
    store = DirectoryStore.builder(root).io(io.factory()).unlinkRate(20).open();
    putAll();
    long start = System.nanoTime();
    assertEquals(9, evictAbove(9, 1, true).deleted());
    long dry = System.nanoTime() - start;
    assertEquals(9, evictAbove(9, 1, false).deleted());
    long wet = System.nanoTime() - start - dry;
    assertTrue(wet >= 250_000_000L, wet + " ns for 9 files at 20 per second");
    assertTrue(dry < wet, dry + " ns without removing, " + wet + " ns with");
  }

  @Test
  void watermarksAndBudgetsOutOfRangeAreRefusedWithTheirValues() {
    for (var wrong :
        List.<Runnable>of(
            () -> store.evict(0, 0.8, 0.7, true),
            () -> store.evict(1, 0.7, 0.7, true),
            () -> store.evict(1, 1.1, 0.7, true),
            () -> store.evict(1, 0.7, 0, true),
            () -> store.evict(1, Double.NaN, 0.5, true),
            () -> DirectoryStore.builder(root).budget(-3),
            () -> DirectoryStore.builder(root).scanRate(0),
            () -> DirectoryStore.builder(root).unlinkRate(0),
            () -> DirectoryStore.builder(root).readShare(0),
            () -> DirectoryStore.builder(root).readShare(Double.NaN),
            () -> DirectoryStore.builder(root).watermarks(0.5, 0.6),
            () -> DirectoryStore.builder(root).watermarks(0.6, 0.5).open())) {
      String message = assertThrows(IllegalArgumentException.class, wrong::run).getMessage();
      assertTrue(message.matches(".*(\\d|NaN).*:.*"), message);
    }
    store.close();
    assertThrows(IllegalStateException.class, () -> store.evict(1, 0.8, 0.7, true));
  }
}
