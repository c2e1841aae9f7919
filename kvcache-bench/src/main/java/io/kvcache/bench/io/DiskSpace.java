package io.kvcache.bench.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Refuses a run that the disk could not hold, before it starts. */
public final class DiskSpace {
  /** What names and inodes may take beyond the files' own bytes. */
  private static final long METADATA_BYTES_PER_FILE = 512;

  private DiskSpace() {}

  /**
   * Requires room for that many files, as if none of them were there yet.
   *
   * @param directory exists, or will be made
   * @param floor bytes that must be left
   * @param remedy what to do if there is less
   * @throws IllegalArgumentException if there is less
   */
  public static void require(Path directory, long files, long fileBytes, long floor, String remedy)
      throws IOException {
    Path existing = directory.toAbsolutePath().normalize();
    while (!Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (!Files.isDirectory(existing) || !Files.isWritable(existing)) {
      throw new IllegalArgumentException(
          existing + " is no directory that can be written to: name one");
    }
    long usable = Files.getFileStore(existing).getUsableSpace();
    long needed = files * (fileBytes + METADATA_BYTES_PER_FILE) + floor;
    if (needed > usable) {
      throw new IllegalArgumentException(
          String.format(
              "%s has %,d MB free, and %,d files of %,d bytes with %,d MB to spare need %,d MB: %s",
              existing,
              usable / 1_000_000,
              files,
              fileBytes,
              floor / 1_000_000,
              needed / 1_000_000,
              remedy));
    }
  }
}
