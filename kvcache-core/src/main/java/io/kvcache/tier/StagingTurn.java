package io.kvcache.tier;

import java.util.concurrent.CompletableFuture;

/**
 * One restore's place in the queue for a slot of one group, see {@link SlotTier#pinOrStage}.
 *
 * <p>Its owner changes it, under the tier's lock, and reads it anywhere; others read it under that
 * lock, to call it.
 */
final class StagingTurn {
  private static final int NONE = -1;

  private int group = NONE;
  private boolean hopeless;
  private CompletableFuture<Void> called = new CompletableFuture<>();

  boolean isQueued() {
    return group != NONE;
  }

  int group() {
    return group;
  }

  void queued(int inGroup) {
    group = inGroup;
  }

  void left() {
    group = NONE;
  }

  /** It is this one's turn and there may be a slot; or the tier was closed. */
  void call() {
    called.complete(null);
  }

  /** There was none after all. */
  void waitAgain() {
    if (called.isDone()) {
      called = new CompletableFuture<>();
    }
  }

  /** There is no staging slot at all: the host has no memory for one. */
  void hopeless() {
    hopeless = true;
  }

  boolean isHopeless() {
    return hopeless;
  }

  /** Completes when it is worth trying again. */
  CompletableFuture<Void> called() {
    return called;
  }
}
