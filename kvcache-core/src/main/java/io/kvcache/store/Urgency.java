package io.kvcache.store;

/** How soon somebody needs what a read brings. */
public enum Urgency {
  /** A request waits for it now. */
  DEMAND,
  /** A request will want it soon; {@link PendingIo#demand} says when it does. */
  PREFETCH
}
