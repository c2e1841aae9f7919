package io.kvcache.lustre.cli;

import io.kvcache.lustre.LustreStore;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.FilesystemSpace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A directory opened to look after it: natively where that can be had, else through the JDK. The
 * directory must be there. A store names its owner in {@code .owners}; that directory stays, empty,
 * since another store may be about to name its own there.
 *
 * <p>Ctrl-C and SIGTERM close the store, on a thread of their own, and wait for the run to print
 * what it has. So what a command asks of the store it asks through {@link #unlessEnded}.
 * Thread-safe.
 */
final class AdminStore implements AutoCloseable {
  /** A scan of a slow metadata server, or a read of a large image, is not to be hurried. */
  private static final Duration IO_TIMEOUT = Duration.ofMinutes(1);

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final DirectoryStore store;
  private final Interruption interruption;

  private AdminStore(DirectoryStore store) {
    this.store = store;
    this.interruption = new Interruption(store::close);
  }

  /**
   * Opens it.
   *
   * @param more settings of the command
   * @throws CommandLineException unless it is a directory that can be read, and the settings are in
   *     range
   */
  static AdminStore open(Path directory, Consumer<DirectoryStore.Builder> more) {
    require(directory);
    try {
      DirectoryStore.Builder settings =
          LustreStore.unavailable().isEmpty()
              ? LustreStore.builder(directory)
              : DirectoryStore.builder(directory);
      more.accept(settings);
      return new AdminStore(settings.ioTimeout(IO_TIMEOUT).closeTimeout(CLOSE_TIMEOUT).open());
    } catch (IllegalArgumentException e) {
      throw new CommandLineException(e.getMessage(), e);
    }
  }

  /**
   * Refuses what is no directory that can be read: it would be made, or seem to be empty.
   *
   * @throws CommandLineException with what is wrong
   */
  static void require(Path directory) {
    if (!Files.exists(directory)) {
      throw new CommandLineException(
          directory + ": there is no such directory; name one that holds a cache, or is to");
    }
    if (!Files.isDirectory(directory)) {
      throw new CommandLineException(directory + " is no directory");
    }
    if (!Files.isReadable(directory) || !Files.isExecutable(directory)) {
      throw new CommandLineException(
          directory + " cannot be read: run this as the user whose processes write there");
    }
  }

  /** The store, for what may be asked of a closed one too. */
  DirectoryStore store() {
    return store;
  }

  /**
   * Asks the store for something.
   *
   * @return empty if the run was told to end before that began: the store is closed then. What has
   *     begun ends early, and says so itself
   */
  <T> Optional<T> unlessEnded(Function<DirectoryStore, T> errand) {
    try {
      return Optional.of(errand.apply(store));
    } catch (IllegalStateException e) {
      if (store.isClosed()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** The filesystem; empty if it does not say how large it is, or the run is to end. */
  Optional<FilesystemSpace> filesystem() {
    return unlessEnded(DirectoryStore::filesystem).flatMap(Function.identity());
  }

  /** Whether to end: the store is closed then, so that what runs on it ends early. */
  Interruption interruption() {
    return interruption;
  }

  /** Ends a run that has printed what it has. */
  @Override
  public void close() {
    store.close();
    interruption.close();
  }
}
