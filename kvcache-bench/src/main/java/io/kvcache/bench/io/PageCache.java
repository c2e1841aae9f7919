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
import java.util.stream.Stream;

/**
 * Makes files cold where there is no O_DIRECT: written back, and then out of the page cache by
 * posix_fadvise(2), which needs no privilege and leaves everybody else's files alone.
 */
public final class PageCache {
  private static final int POSIX_FADV_DONTNEED = 4;
  private static final int O_RDONLY = 0;

  private PageCache() {}

  private interface LibC extends Library {
    int open(String path, int flags);

    int close(int fd);

    int posix_fadvise(int fd, NativeLong offset, NativeLong length, int advice);
  }

  /**
   * Drops every file below a directory.
   *
   * @return why that cannot be done: reads then come from memory
   */
  public static Optional<String> drop(Path directory) throws IOException {
    String type = Files.getFileStore(directory).type();
    if (type.equals("tmpfs") || type.equals("ramfs")) {
      return Optional.of(type + " has no disk behind its page cache");
    }
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
