package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.KvCache;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.lustre.FaultyPosixIo.Call;
import io.kvcache.store.DirectoryStore;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Directories that a store makes on Lustre get a layout, the topmost first. */
class MadeDirectoriesTest {
  @TempDir Path root;
  private final List<String> striped = new CopyOnWriteArrayList<>();
  private final FaultyPosixIo posix = FaultyPosixIo.real();

  /** Takes what a directory is given, and has it from then on. */
  private PosixIo lustre() {
    posix.filesystem(Filesystem.LUSTRE);
    return new ForwardingPosixIo(posix) {
      @Override
      public int setAttribute(String path, String name, ByteBuffer value) {
        assertEquals(0, new File(path).list().length, path + " is empty");
        striped.add(path);
        return 0;
      }

      @Override
      public int getAttribute(String path, String name, ByteBuffer into) {
        // Made later, it copied the default of the one above.
        if (striped.stream().noneMatch(path::startsWith)) {
          return -Errno.ENODATA;
        }
        ByteBuffer value = LovLayout.of(1, 4 << 20).encode();
        into.put(0, value, 0, value.limit());
        return value.limit();
      }
    };
  }

  private NativeChunkIo open(PosixIo posixIo) {
    return NativeChunkIoTest.open(posixIo, root, NativeIoOptions.defaults());
  }

  @Test
  void onlyTheTopmostOfThoseThatWereMadeIsStriped() throws Exception {
    NativeChunkIo io = open(lustre());
    io.createDirectories(root.resolve("m_r0/abc"), 4 << 20);
    assertEquals(List.of(root.resolve("m_r0").toString()), striped);
    io.createDirectories(root.resolve("m_r0/abd"), 4 << 20);
    assertEquals(1, striped.size(), "it has what it copied");
    Files.createDirectory(root.resolve("n_r0"));
    io.createDirectories(root.resolve("n_r0/abc"), 4 << 20);
    assertEquals(root.resolve("n_r0/abc").toString(), striped.get(1), "what was there is left");
    assertTrue(Files.isDirectory(root.resolve("m_r0/abc")));
  }

  @Test
  void aStoreStripesTheDirectoryOfANamespaceForItsLargestImage() throws Exception {
    PosixIo lustre = lustre();
    int[] prompt = FakeEngine.prompt(1, 3 * Layouts.CHUNK);
    try (DirectoryStore store =
            DirectoryStore.builder(root)
                .io(directory -> NativeChunkIoTest.open(lustre, root, NativeIoOptions.defaults()))
                .workers(1)
                .open();
        KvCache cache = Caches.ofChunks(Layouts.FULL, 3).store(store).build()) {
      Caches.fill(cache, prompt);
      assertFalse(store.mode().reason().contains("striping"), store.mode().reason());
    }
    List<String> wanted = new ArrayList<>();
    try (Stream<Path> below = Files.list(root)) {
      below.filter(path -> path.toString().endsWith("_r0")).forEach(p -> wanted.add(p.toString()));
    }
    assertEquals(wanted, striped);
  }

  @Test
  void aRefusalIsSaidAndChangesNothingElse() throws Exception {
    posix.filesystem(Filesystem.LUSTRE);
    posix.fail(Call.GET_ATTRIBUTE, Errno.ENODATA);
    posix.fail(Call.SET_ATTRIBUTE, Errno.EPERM);
    NativeChunkIo io = open(posix);
    io.createDirectories(root.resolve("m_r0/abc"), 80 << 20);
    assertTrue(Files.isDirectory(root.resolve("m_r0/abc")));
    assertTrue(io.mode().reason().contains("EPERM"), io.mode().reason());
    assertTrue(io.mode().reason().contains("lfs setstripe"), io.mode().reason());
  }
}
