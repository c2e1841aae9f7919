package io.kvcache.store;

/** Where a call waits for a thread; an earlier lane goes first, see {@link IoQueue}. */
enum Lane {
  /** Short questions that a request waits for: no bytes move, so nothing makes them wait. */
  LOOKUP,
  /** Reads that a request waits for. */
  DEMAND,
  /** Reads that nobody waits for yet. */
  PREFETCH,
  /** Writes, stamps and other work that nobody waits for. */
  WRITE;

  boolean isRead() {
    return this == DEMAND || this == PREFETCH;
  }
}
