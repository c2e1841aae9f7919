package io.kvcache.bench.io;

import java.io.IOException;

/** One of those that are measured next to each other, each on files of its own. */
interface IoSide {
  /** What to call it. */
  String name();

  /** Removes the files of the pass before, and leaves their directories. */
  void remove() throws IOException;

  /** Writes every image to a new file. */
  Measured write(RunWatch watch) throws IOException, InterruptedException;

  /** Reads every file, cold. */
  Measured read(RunWatch watch) throws IOException, InterruptedException;

  /**
   * Reads every file once more and compares every byte with what was written; takes its time.
   *
   * @return images that were right to the last byte
   */
  int verify(RunWatch watch) throws IOException, InterruptedException;
}
