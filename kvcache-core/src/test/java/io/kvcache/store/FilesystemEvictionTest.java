package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.PromptKeys;
import io.kvcache.fixture.Await;
import io.kvcache.fixture.FaultyChunkIo;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.fixture.ForwardingChunkIo;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.spi.ChunkIo;
import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.IoFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Eviction for room on a filesystem that others use too: a pretended one of a hundred images. */
class FilesystemEvictionTest extends StoreTestBase {
  private static final int IMAGES = 40;
  private static final Duration SETTLE = Duration.ofMillis(100);

  private final long image = namespace.image(0).imageBytes();
  private final PromptKeys keys = prompt(1, IMAGES);

  /** Images' worth of data that is not ours. */
  private volatile int others;

  /** What happens once the filesystem has been asked for the space that is left. */
  private volatile Runnable whenAsked = () -> {};

  private volatile long now;

  private boolean silent;

  @BeforeEach
  @Override
  void openStore() {
    io = new FaultyChunkIo(NioChunkIo.open(root));
    store = open();
    directory = store.directory(namespace);
  }

  /** Settles by this test's clock, and rests for some milliseconds between two looks. */
  private DirectoryStore open() {
    return DirectoryStore.builder(root)
        .io(root -> new SmallFilesystem(io))
        .settleTime(SETTLE)
        .nanoClock(() -> now)
        .open();
  }

  private final class SmallFilesystem extends ForwardingChunkIo {
    SmallFilesystem(ChunkIo real) {
      super(real);
    }

    @Override
    public long totalBytes(Path directory) throws ChunkIoException {
      super.totalBytes(directory);
      return silent ? 0 : 100 * image;
    }

    @Override
    public long usableBytes(Path directory) throws ChunkIoException {
      try {
        long usable = (100 - others - StoreFiles.images(root).size()) * image;
        whenAsked.run();
        return usable;
      } catch (IOException e) {
        throw new ChunkIoException(IoFault.TRANSIENT, "count", e);
      }
    }
  }

  private void putAll() throws Exception {
    for (int chunk = 0; chunk < IMAGES; chunk++) {
      Files.createDirectories(file(keys, chunk).getParent());
      Files.write(file(keys, chunk), new byte[(int) image]);
    }
  }

  private int left() throws Exception {
    return StoreFiles.images(root).size();
  }

  @Test
  void theColdestGoUntilTheFilesystemIsAtTheLowWatermarkWhoeverFilledIt() throws Exception {
    putAll();
    others = 50;
    EvictionReport report = store.evictForFilesystem(0.85, 0.70, false);
    assertEquals(20, report.deleted());
    assertEquals(20, left());
    for (int chunk = 0; chunk < IMAGES; chunk++) {
      assertEquals(chunk < 20, Files.exists(file(keys, chunk)), "chunk " + chunk);
    }
    assertEquals(0.70, store.filesystem().orElseThrow().usedFraction(), 1e-9);
    assertEquals(0, store.evictForFilesystem(0.85, 0.70, false).deleted(), "and then it rests");
  }

  @Test
  void nothingGoesBelowTheHighWatermarkHoweverMuchIsOurs() throws Exception {
    putAll();
    others = 45;
    assertEquals(0, store.evictForFilesystem(0.85, 0.10, false).deleted());
    assertEquals(IMAGES, left());
  }

  @Test
  void whereOthersHoldMoreThanTheLowWatermarkAllOfOursGoes() throws Exception {
    putAll();
    others = 60;
    assertEquals(IMAGES, store.evictForFilesystem(0.85, 0.50, false).deleted());
    assertEquals(0, left());
  }

  @Test
  void aDryRunSaysWhatWouldGo() throws Exception {
    putAll();
    others = 50;
    EvictionReport report = store.evictForFilesystem(0.85, 0.70, true);
    assertEquals(20, report.deleted());
    assertEquals(20 * image, report.bytesFreed());
    assertEquals(IMAGES, left());
  }

  @Test
  void twoEvictorsAtOnceLeaveWhatOneWouldHaveLeft() throws Exception {
    putAll();
    others = 50;
    // The other one's whole pass falls between this one's scan and its first removal.
    io.before(
        Op.LAST_MODIFIED,
        file -> true,
        file -> assertEquals(20, store.evictForFilesystem(0.85, 0.70, false).deleted()));
    EvictionReport late = store.evictForFilesystem(0.85, 0.70, false);
    assertEquals(0, late.deleted());
    assertEquals(20, left());
  }

  @Test
  void whatAnotherRemovedBetweenScanAndQuestionIsNotRemovedTwice() throws Exception {
    putAll();
    others = 50;
    io.before(
        Op.LIST,
        file(keys, 0).getParent()::equals,
        directory -> store.evictForFilesystem(0.85, 0.70, false));
    store.evictForFilesystem(0.85, 0.70, false);
    assertEquals(20, left());
  }

  @Test
  void aFilesystemThatDoesNotSayLosesNothing() throws Exception {
    putAll();
    others = 55;
    silent = true;
    assertTrue(store.filesystem().isEmpty());
    assertEquals(0, store.evictForFilesystem(0.85, 0.70, false).deleted());
    silent = false;
    io.fail(Op.TOTAL_BYTES, IoFault.TRANSIENT);
    assertTrue(store.filesystem().isEmpty());
    assertEquals(0, store.evictForFilesystem(0.85, 0.70, false).deleted());
    assertFalse(left() < IMAGES);
  }

  @Test
  void watermarksOutOfRangeAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> store.evictForFilesystem(0.7, 0.8, true));
    assertThrows(IllegalArgumentException.class, () -> store.evictForFilesystem(85, 70, true));
  }

  /** As Lustre, which destroys objects some seconds after their names are gone. */
  @Test
  void whatTheFilesystemHasNotYetGivenBackIsNotEvictedOnceMore() throws Exception {
    putAll();
    others = 50;
    store.evictForFilesystem(0.85, 0.70, false);
    assertEquals(20, left());
    others += 20; // statfs still counts what is gone
    store.evictForFilesystem(0.85, 0.70, false);
    assertEquals(20, left());
  }

  @Test
  void whatItStillCountsAfterTheSettleTimeIsDataOfOthers() throws Exception {
    putAll();
    others = 50;
    store.evictForFilesystem(0.85, 0.70, false);
    others += 20;
    now += 2 * SETTLE.toNanos();
    store.evictForFilesystem(0.85, 0.70, false);
    assertEquals(0, left());
  }

  @Test
  void whatAnotherNodeRemovedAndTheFilesystemGivesBackLaterIsNotEvictedOnceMore() throws Exception {
    putAll();
    others = 50;
    store.evictForFilesystem(0.85, 0.70, false);
    others += 20;
    whenAsked = () -> others = 50;
    try (DirectoryStore elsewhere = open()) {
      EvictionReport report = elsewhere.evictForFilesystem(0.85, 0.70, false);
      assertEquals(0, report.deleted());
    }
    assertEquals(20, left());
  }

  @Test
  void aStoreThatClosesWhileItRestsBetweenTwoLooksRemovesNothing() throws Exception {
    putAll();
    others = 50;
    try (DirectoryStore elsewhere = open()) {
      Thread closer = new Thread(elsewhere::close);
      whenAsked = () -> closeOnce(closer, elsewhere);
      EvictionReport report = elsewhere.evictForFilesystem(0.85, 0.70, false);
      assertFalse(report.complete());
      closer.join();
    }
    assertEquals(IMAGES, left());
  }

  private static void closeOnce(Thread closer, DirectoryStore store) {
    if (closer.getState() == Thread.State.NEW) {
      closer.start();
      Await.until(store::isClosed);
    }
  }
}
