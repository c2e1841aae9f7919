package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvcache.fixture.StoreFiles;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Real filesystems that are full, read-only, or know no O_DIRECT. Needs to be root to mount. */
class MountedStoreTest extends FaultTestBase {
  private boolean mounted;

  @Override
  DirectoryStore.Builder settings(DirectoryStore.Builder builder) {
    return builder.freeSpaceFloor(0);
  }

  private void mount(String type, String options) throws Exception {
    mounted = run("mount", "-t", type, "-o", options, "kvcache-test", root.toString()) == 0;
    assumeTrue(mounted, "no right to mount a " + type);
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  @AfterEach
  void unmount() throws Exception {
    close();
    io = null;
    if (mounted) {
      assertEquals(0, run("umount", root.toString()), "a file is still open");
    }
  }

  @Test
  void aFullFilesystemKeepsWholeFilesAndTakesMoreOnceThereIsRoom() throws Exception {
    mount("tmpfs", "size=256k,mode=700");
    Path ballast = root.resolve("ballast");
    Files.write(ballast, new byte[180 * 1024]);
    restart();
    PersistReport persisted = storeAll();
    assertTrue(persisted.images().get(StoreOutcome.NO_SPACE) > 0, persisted.toString());
    int written = persisted.images().getOrDefault(StoreOutcome.WRITTEN, 0);
    assertTrue(written > 0, persisted.toString());
    assertEquals(List.of(), leftOvers());
    assertRestored(ALL, ShortenedBy.NOTHING); // memory has it
    restart();
    assertEquals(written + 1, StoreFiles.images(root).size(), "and the ballast");
    restore();
    assertEquals(0, store.stats().corrupt());

    restart();
    storeAll();
    Files.delete(ballast);
    storeUntilComplete();
    restart();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void aFilesystemThatTurnsReadOnlyServesHitsAndDeclinesWritesUntilItTakesThemAgain()
      throws Exception {
    mount("tmpfs", "size=4m,mode=700");
    restart();
    cache.store(keys, 5 * CHUNK, engine.source()).persisted().join();
    restart();
    store.close();
    assertEquals(0, run("mount", "-o", "remount,ro", root.toString()));

    restart(); // opening a store on a read-only filesystem is no error
    assertFalse(store.mode().direct(), store.mode().toString());
    assertTrue(store.mode().reason().contains("Read-only"), store.mode().toString());
    assertRestored(5 * CHUNK, ShortenedBy.MISS);
    PersistReport persisted = storeAll();
    assertEquals(5, persisted.images().get(StoreOutcome.READ_ONLY), persisted.toString());
    assertEquals(5, store.stats().declined().get(StoreOutcome.READ_ONLY));
    assertEquals(0, store.stats().temporariesLeft());

    assertEquals(0, run("mount", "-o", "remount,rw", root.toString()));
    storeUntilComplete();
    restart();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void aCorruptFileOnAReadOnlyFilesystemIsAMissEachTime() throws Exception {
    mount("tmpfs", "size=4m,mode=700");
    assertStoredAndRestart();
    StoreFiles.flip(file(6), 5000);
    store.close();
    assertEquals(0, run("mount", "-o", "remount,ro", root.toString()));
    restart();
    assertRestored(6 * CHUNK, ShortenedBy.CORRUPT);
    assertRestored(6 * CHUNK, ShortenedBy.CORRUPT);
    assertEquals(2, store.stats().corrupt());
  }

  @Test
  void aFilesystemWithoutDirectIoIsBufferedAndSaysSo() throws Exception {
    mount("ramfs", "mode=700");
    assertStoredAndRestart();
    assertEquals("BUFFERED", store.stats().mode());
    assertTrue(store.stats().modeReason().contains("O_DIRECT"), store.stats().modeReason());
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void whereTheFilesystemWasUnmountedNothingIsWrittenBeneath() throws Exception {
    mount("tmpfs", "size=4m,mode=700");
    restart(root.resolve("kv"));
    assertTrue(storeAll().complete());
    assertEquals(0, run("umount", root.toString()), "a file is still open");
    mounted = false;
    PersistReport persisted =
        cache
            .store(cache.keys(tokens, KvScope.of("other")), tokens.length, engine.source())
            .persisted()
            .join();
    int failed = persisted.images().get(StoreOutcome.IO_ERROR);
    // After a few of them the filesystem is left alone.
    int spared = persisted.images().getOrDefault(StoreOutcome.TIER_DOWN, 0);
    assertEquals(10, failed + spared, persisted.toString());
    assertEquals(0, root.toFile().list().length, "the directory beneath the mount stays empty");
    assertRestored(ALL, ShortenedBy.NOTHING); // memory has it
  }
}
