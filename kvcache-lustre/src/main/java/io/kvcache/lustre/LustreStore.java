package io.kvcache.lustre;

import io.kvcache.spi.ChunkIo;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * Opens {@link DirectoryStore}s whose chunks reach the disk by system calls: O_DIRECT in the flags
 * of open, several threads on one large image where that pays, striping on Lustre. Format, names
 * and failure rules are the store's: what it writes, a store over the JDK's own I/O reads, and the
 * other way round.
 *
 * <pre>{@code
 * try (DirectoryStore store = LustreStore.open(Path.of("/mnt/lustre/kv"))) {
 *   ...
 * }
 * }</pre>
 *
 * <p>Needs Linux on x86_64 or aarch64, glibc, and JNA; on JDK 24 and later also {@code
 * --enable-native-access=ALL-UNNAMED}, or {@code com.sun.jna} on the module path.
 */
public final class LustreStore {
  private LustreStore() {}

  /**
   * Opens a directory with the settings that suit most.
   *
   * @param root see {@link DirectoryStore#open(Path)}
   * @throws UnsupportedOperationException if native code cannot be had, with the reason and the
   *     remedy
   */
  public static DirectoryStore open(Path root) {
    return builder(root).open();
  }

  /**
   * Opens a directory that is to hold no more than so many bytes, see {@link
   * DirectoryStore#open(Path, long)}.
   *
   * @throws UnsupportedOperationException if native code cannot be had, with the reason and the
   *     remedy
   */
  public static DirectoryStore open(Path root, long budgetBytes) {
    return builder(root).budget(budgetBytes).open();
  }

  /** Settings for opening a directory; its {@code io} is made. */
  public static DirectoryStore.Builder builder(Path root) {
    return builder(root, NativeIoOptions.defaults());
  }

  /** Settings for opening a directory, with other I/O than the default; its {@code io} is made. */
  public static DirectoryStore.Builder builder(Path root, NativeIoOptions options) {
    return DirectoryStore.builder(root).io(io(options));
  }

  /**
   * Native I/O for {@link DirectoryStore.Builder#io}, for a store whose settings came from a file.
   *
   * @throws UnsupportedOperationException if native code cannot be had, with the reason and the
   *     remedy
   */
  public static Function<Path, ChunkIo> io(NativeIoOptions options) {
    Objects.requireNonNull(options, "options");
    NativeAccess.posix(); // now, before a directory is made
    return root -> nativeIo(root, options);
  }

  /**
   * What the filesystem of an existing directory is, and how chunks would be read and written
   * there: by a file that is written, read and removed.
   *
   * @throws IllegalArgumentException if that is no directory
   * @throws UnsupportedOperationException if native code cannot be had, with the reason and the
   *     remedy
   */
  public static FsProfile probe(Path directory) {
    Path real;
    try {
      real = directory.toRealPath();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "directory = " + directory + " cannot be probed (" + e + "): name one that exists", e);
    }
    if (!Files.isDirectory(real)) {
      throw new IllegalArgumentException(
          "directory = " + directory + " is no directory: name one that exists");
    }
    return nativeIo(real, NativeIoOptions.defaults()).profile();
  }

  /** Why native I/O cannot be had in this JVM, with the remedy; empty if it can. */
  public static Optional<String> unavailable() {
    return NativeAccess.unavailable();
  }

  private static NativeChunkIo nativeIo(Path root, NativeIoOptions options) {
    PosixIo posix = NativeAccess.posix();
    Machine machine = Machine.current();
    if (!machine.spells(root.toString())) {
      throw new IllegalArgumentException(
          root
              + " has characters that "
              + machine.pathEncoding()
              + " cannot write: start Java with LC_ALL=C.UTF-8");
    }
    LustreSysfs sysfs = new LustreSysfs(Path.of("/"));
    return new NativeChunkIo(posix, machine.openFlags(), options, sysfs, root, System::nanoTime);
  }
}
