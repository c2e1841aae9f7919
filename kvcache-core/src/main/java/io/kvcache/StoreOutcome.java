package io.kvcache;

/** What became of one chunk in {@link KvCache#store}, or of one image on its way to the store. */
public enum StoreOutcome {
  /** Copied into memory, and on its way to the store if there is one. */
  STAGED,
  /** Written and published. */
  WRITTEN,
  /** Was there before. */
  ALREADY_PRESENT,
  /** The source said that it has no such rows. */
  NOT_IN_SOURCE,
  /** No free slot: everything in DRAM is pinned. */
  NO_ROOM,
  /** Too many bytes, or too much work, wait to be written. */
  QUEUE_FULL,
  /** The filesystem is at its free-space floor, full, or over its quota, or the budget is. */
  NO_SPACE,
  /** Another write of the same image is under way. */
  IN_FLIGHT,
  /** The directory cannot be written to. */
  READ_ONLY,
  /** The write failed. */
  IO_ERROR,
  /** The write hung and was abandoned; it may still come about. Or one just did on that file. */
  TIMED_OUT,
  /** The write was taken out of the queue before it began. */
  CANCELLED,
  /** The store is closed or out of service. */
  TIER_DOWN
}
