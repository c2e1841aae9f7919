package io.kvcache.bench.cli;

import io.kvcache.lustre.cli.CommandLineException;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A directory that was made for a run if it did not exist, with those above it; gone afterwards.
 * What was there before stays, and so does what somebody else put something into meanwhile.
 */
final class NewDirectory {
  private final Deque<Path> made = new ArrayDeque<>();

  private NewDirectory() {}

  /**
   * Makes it.
   *
   * @param option which named it
   * @throws CommandLineException if that cannot be; nothing is left then
   */
  static NewDirectory make(String option, Path directory) throws IOException {
    Deque<Path> missing = new ArrayDeque<>();
    for (Path each = directory.toAbsolutePath(); Files.notExists(each); each = each.getParent()) {
      // "a/.." is there as soon as a is.
      if (!each.endsWith("..") && !each.endsWith(".")) {
        missing.push(each);
      }
    }
    NewDirectory all = new NewDirectory();
    try {
      for (Path each : missing) {
        Files.createDirectory(each);
        all.made.push(each);
      }
      Files.createDirectories(directory); // fails if it is a file
      return all;
    } catch (IOException e) {
      all.remove();
      throw new CommandLineException(
          option + " " + directory + ": no directory, and none can be made there", e);
    }
  }

  /** Removes what was made. */
  void remove() throws IOException {
    try {
      while (!made.isEmpty()) {
        Files.deleteIfExists(made.pop());
      }
    } catch (DirectoryNotEmptyException e) {
      // It is somebody else's too by now.
    }
  }
}
