package io.kvcache.bench.io;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Makes files cold, or says why they cannot be. Where there is no O_DIRECT they are written back,
 * and then dropped from the page cache by posix_fadvise(2), which needs no privilege and leaves
 * everybody else's files alone.
 */
public final class PageCache {
  private static final int POSIX_FADV_DONTNEED = 4;
  private static final int O_RDONLY = 0;
  private static final Set<String> IN_MEMORY = Set.of("tmpfs", "ramfs", "devtmpfs");

  private PageCache() {}

  private interface LibC extends Library {
    int open(String path, int flags);

    int close(int fd);

    int posix_fadvise(int fd, NativeLong offset, NativeLong length, int advice);
  }

  /**
   * Makes every file below a directory cold. The filesystem is asked first, whatever the mode: some
   * that live in memory take O_DIRECT and read from memory all the same.
   *
   * @param direct whether reads bypass the page cache, so that nothing has to be dropped
   * @return why reads are not cold: they come from memory
   */
  public static Optional<String> makeCold(Path directory, boolean direct) throws IOException {
    String type = Files.getFileStore(directory).type();
    if (IN_MEMORY.contains(type)) {
      return Optional.of(type + " is memory: there is no disk behind it");
    }
    return direct ? Optional.empty() : dropAll(directory);
  }

  private static Optional<String> dropAll(Path directory) throws IOException {
    LibC libc;
    try {
      libc = Native.load("c", LibC.class);
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      return Optional.of("no posix_fadvise can be called: " + e.getMessage());
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        int error = drop(libc, file);
        if (error != 0) {
          return Optional.of("posix_fadvise of " + file + " failed with error " + error);
        }
      }
    }
    return Optional.empty();
  }

  private static int drop(LibC libc, Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(false);
    }
    int fd = libc.open(file.toString(), O_RDONLY);
    if (fd < 0) {
      return Native.getLastError();
    }
    try {
      NativeLong all = new NativeLong(0);
      return libc.posix_fadvise(fd, all, all, POSIX_FADV_DONTNEED);
    } finally {
      libc.close(fd);
    }
  }
}
