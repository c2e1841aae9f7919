package io.kvcache.bench.cli;

import io.kvcache.lustre.cli.CommandLineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where a command is to write its results: looked at before the run, not after it. */
final class OutputDirectory {
  private OutputDirectory() {}

  /**
   * Makes it, if it does not exist.
   *
   * @param option which named it
   * @throws CommandLineException if nothing can be written there
   */
  static void make(String option, Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new CommandLineException(
          option + " " + directory + ": no directory, and none can be made there", e);
    }
    requireWritable(option, directory);
  }

  /** By trying it: root may write anywhere but on a filesystem that is mounted read-only. */
  static void requireWritable(String option, Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new CommandLineException(option + " " + directory + ": there is no such directory");
    }
    try {
      Files.delete(Files.createTempFile(directory, ".kvcache-bench", ""));
    } catch (IOException e) {
      throw new CommandLineException(
          option + " " + directory + ": it cannot be written to: " + e.getMessage(), e);
    }
  }
}
