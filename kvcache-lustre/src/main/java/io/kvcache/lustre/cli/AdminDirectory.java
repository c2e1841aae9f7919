package io.kvcache.lustre.cli;

import io.kvcache.store.DirectoryStore;
import java.nio.file.Path;
import java.util.function.Consumer;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The directory that a command looks through; mixed into those that do. */
final class AdminDirectory {
  @Parameters(paramLabel = "DIR", description = "The store's directory; it must exist.")
  private Path path;

  @Option(
      names = "--scan-rate",
      defaultValue = "50000",
      paramLabel = "N",
      description = "Directory entries to look at per second, at most; default ${DEFAULT-VALUE}.")
  private int scanRate;

  /**
   * Opens it.
   *
   * @throws CommandLineException unless it is a directory that can be read
   */
  AdminStore open() {
    return open(settings -> {});
  }

  /**
   * Opens it with more settings than every command has.
   *
   * @throws CommandLineException unless it is a directory that can be read, and the settings are in
   *     range
   */
  AdminStore open(Consumer<DirectoryStore.Builder> more) {
    if (scanRate < 1) {
      throw new CommandLineException("--scan-rate " + scanRate + ": 1 at least");
    }
    return AdminStore.open(path, more.andThen(settings -> settings.scanRate(scanRate)));
  }
}
