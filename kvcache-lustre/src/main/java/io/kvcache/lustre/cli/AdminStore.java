package io.kvcache.lustre.cli;

import io.kvcache.lustre.LustreStore;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A directory opened to look after it: natively where that can be had, else through the JDK. The
 * directory must be there, and is left as it was: a store names its owner in {@code .owners}, and
 * where no store has been open before, that goes again.
 *
 * <p>Ctrl-C and SIGTERM close it, and wait for the run to print what it has. Thread-safe.
 */
final class AdminStore implements AutoCloseable {
  /** A scan of a slow metadata server, or a read of a large image, is not to be hurried. */
  private static final Duration IO_TIMEOUT = Duration.ofMinutes(1);

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final DirectoryStore store;
  private final Path owners;
  private final boolean ownersAreNew;
  private final Interruption interruption = new Interruption(this::closeStore);

  private AdminStore(DirectoryStore store, Path owners, boolean ownersAreNew) {
    this.store = store;
    this.owners = owners;
    this.ownersAreNew = ownersAreNew;
  }

  /**
   * Opens it.
   *
   * @throws CommandLineException unless it is a directory that can be read
   */
  static AdminStore open(Path directory, int entriesPerSecond) {
    require(directory);
    Path owners = directory.resolve(".owners");
    boolean ownersAreNew = !Files.exists(owners);
    try {
      DirectoryStore.Builder settings =
          LustreStore.unavailable().isEmpty()
              ? LustreStore.builder(directory)
              : DirectoryStore.builder(directory);
      return new AdminStore(
          settings
              .scanRate(entriesPerSecond)
              .ioTimeout(IO_TIMEOUT)
              .closeTimeout(CLOSE_TIMEOUT)
              .open(),
          owners,
          ownersAreNew);
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

  DirectoryStore store() {
    return store;
  }

  /** Whether to end: the store is closed then, so that what runs on it ends early. */
  Interruption interruption() {
    return interruption;
  }

  /** Ends a run that has printed what it has. */
  @Override
  public void close() {
    closeStore();
    interruption.close();
  }

  private void closeStore() {
    store.close();
    if (ownersAreNew) {
      try {
        Files.deleteIfExists(owners);
      } catch (IOException e) {
        // Somebody else has opened the directory meanwhile: it is theirs now.
      }
    }
  }
}
