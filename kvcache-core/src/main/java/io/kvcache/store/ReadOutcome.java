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
  /** The read hung and was abandoned, or one of the same file did a moment ago. */
  TIMED_OUT,
  /** It was taken out of the queue before it began. */
  CANCELLED,
  /** The store is closed or out of service. */
  TIER_DOWN
}
