package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvcache.KvCache;
import io.kvcache.StoreOutcome;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.lustre.fixture.LoopMount;
import io.kvcache.spi.EntryType;
import io.kvcache.store.DirectoryStore;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real filesystems of several kinds. Needs to be root to mount. */
@Timeout(120)
class MountedFilesystemTest {
  private static final int CHUNKS = 12;
  private static final int TOKENS = CHUNKS * Layouts.CHUNK;

  @TempDir Path folder;
  private final int[] prompt = FakeEngine.prompt(5, TOKENS + 1);

  private Map<StoreOutcome, Integer> store(DirectoryStore store) {
    try (KvCache cache = Caches.ofChunks(Layouts.FULL, CHUNKS).store(store).build()) {
      return cache
          .store(cache.keys(prompt), TOKENS, new FakeEngine(Layouts.FULL, prompt).source())
          .persisted()
          .join()
          .images();
    }
  }

  private int restore(DirectoryStore store) {
    try (KvCache cache = Caches.ofChunks(Layouts.FULL, CHUNKS).store(store).build()) {
      return Caches.restore(cache, prompt);
    }
  }

  private static DirectoryStore open(Path root) {
    return LustreStore.builder(root).freeSpaceFloor(0).open();
  }

  @ParameterizedTest
  @CsvSource({"xfs, 320", "ext4, 32"})
  void directIoOnFilesystemsOfDisks(String type, int mebibytes) throws Exception {
    try (LoopMount mount = LoopMount.of(type, folder, (long) mebibytes << 20, "")) {
      FsProfile profile = LustreStore.probe(mount.root());
      assertEquals(type, profile.filesystem());
      assertTrue(profile.mode().direct(), profile.toString());
      try (DirectoryStore store = open(mount.root())) {
        assertEquals(Map.of(StoreOutcome.WRITTEN, CHUNKS), store(store));
        assertEquals(TOKENS, restore(store));
      }
    }
  }

  @Test
  void aFullDiskDeclinesLeavesNothingHalfAndServesWhatItHas() throws Exception {
    try (LoopMount mount = LoopMount.of("ext4", folder, 8 << 20, "")) {
      Path ballast = mount.root().resolve("ballast");
      try (DirectoryStore store = open(mount.root())) {
        fillUp(ballast, 3 * Caches.namespace(Layouts.FULL).image(0).imageBytes());
        Map<StoreOutcome, Integer> images = store(store);
        assertTrue(images.getOrDefault(StoreOutcome.NO_SPACE, 0) > 0, images.toString());
        assertEquals(List.of(), StoreFiles.leftOvers(mount.root()));
      }
      Files.delete(ballast);
      try (DirectoryStore store = open(mount.root())) {
        assertEquals(0, store(store).getOrDefault(StoreOutcome.NO_SPACE, 0));
        assertEquals(TOKENS, restore(store));
        assertEquals(0, store.stats().corrupt());
      }
    }
  }

  private static void fillUp(Path ballast, long leave) throws Exception {
    long usable = Files.getFileStore(ballast.getParent()).getUsableSpace();
    Files.write(ballast, new byte[Math.toIntExact(usable - leave)]);
  }

  @Test
  void memoryWithoutABlockDeviceStoresAllTheSame() throws Exception {
    try (LoopMount mount = LoopMount.tmpfs(folder, 16 << 20)) {
      FsProfile profile = LustreStore.probe(mount.root());
      assertEquals("tmpfs", profile.filesystem());
      assertEquals(0, profile.pieceBytes());
      // Since Linux 6.6 it takes the flag.
      assertTrue(profile.settled(), profile.toString());
      try (DirectoryStore store = open(mount.root())) {
        assertEquals(Map.of(StoreOutcome.WRITTEN, CHUNKS), store(store));
        assertEquals(TOKENS, restore(store));
      }
    }
  }

  @Test
  void aProjectsQuotaIsTheSpaceThatThereIs() throws Exception {
    try (LoopMount mount = LoopMount.of("xfs", folder, 320 << 20, "prjquota")) {
      Path project = Files.createDirectory(mount.root().resolve("kv"));
      assumeTrue(
          quota(mount.root(), "project -s -p " + project + " 7") == 0
              && quota(mount.root(), "limit -p bhard=4m 7") == 0,
          "no project quotas here");
      try (DirectoryStore store = open(project)) {
        NativeChunkIo io = nativeIo(project);
        assertEquals(4 << 20, io.totalBytes(project));
        Files.write(project.resolve("ballast"), new byte[(4 << 20) - (64 << 10)]);
        assertEquals(64 << 10, io.usableBytes(project), 16 << 10);
        Map<StoreOutcome, Integer> images = store(store);
        assertTrue(images.getOrDefault(StoreOutcome.NO_SPACE, 0) > 0, images.toString());
        assertFalse(images.containsKey(StoreOutcome.IO_ERROR), images.toString());
        assertEquals(List.of(), StoreFiles.leftOvers(project));
      }
    }
  }

  private static int quota(Path mount, String command) throws Exception {
    return LoopMount.run(List.of("xfs_quota", "-x", "-c", command, mount.toString()));
  }

  private static NativeChunkIo nativeIo(Path root) {
    return NativeChunkIoTest.open(NativeAccess.posix(), root, NativeIoOptions.defaults());
  }

  @Test
  void usageIsTheSizesOfFilesAtLeast() throws Exception {
    try (LoopMount mount = LoopMount.of("ext4", folder, 32 << 20, "")) {
      Path sparse = mount.root().resolve("sparse");
      try (RandomAccessFile file = new RandomAccessFile(sparse.toFile(), "rw")) {
        file.setLength(1 << 20);
        file.write(new byte[4096]);
        file.getFD().sync();
      }
      nativeIo(mount.root())
          .list(
              mount.root(),
              (name, type, bytes, time) -> {
                if (name.equals("sparse")) {
                  assertEquals(EntryType.FILE, type);
                  assertEquals(1 << 20, bytes, "also where few blocks are allocated yet");
                }
                return true;
              });
    }
  }
}
