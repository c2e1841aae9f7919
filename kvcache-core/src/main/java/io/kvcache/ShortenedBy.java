package io.kvcache;

/** Why a lease does not reach further into the prompt. */
public enum ShortenedBy {
  /** Nothing: every whole chunk of the prompt is held. */
  NOTHING,
  /** The next chunk is not stored, or was gone when it was read. */
  MISS,
  /** The next chunks are stored, but not the window or state images that a cut there needs. */
  NO_CUT,
  /**
   * No slots to hold all of it at once, as {@link PrefixLease#awaitLoaded} and {@link
   * PrefixLease#chunk} must; or the cache was closed. A restore streams, and waits for a slot.
   */
  NO_ROOM,
  /** The next chunk's file was proven corrupt, and removed. */
  CORRUPT,
  /** The next chunk could not be read; it may come back. */
  IO_ERROR,
  /** The store is closed, or out of service for now after much trouble in a row. */
  TIER_DOWN,
  /** A deadline passed, or a call to the filesystem hung. */
  DEADLINE,
  /** The calling thread was interrupted while it waited; its interrupt flag is still set. */
  INTERRUPTED,
  /** {@link PrefixLease#limit} asked for less. */
  LIMIT
}
