package io.kvcache.store;

/** What became of reading one image. */
public enum ReadOutcome {
  /** The slot holds the verified image. */
  OK,
  /** There is no such file. */
  MISSING,
  /** The file was proven wrong, and removed. */
  CORRUPT,
  /** The file could not be read; it was left alone. */
  IO_ERROR,
  /** The store is closed. */
  TIER_DOWN
}
