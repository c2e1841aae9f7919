package io.kvcache.tier;

import io.kvcache.ChunkKey;
import io.kvcache.store.ReadOutcome;
import io.kvcache.store.StoredChunk;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One image that a tier holds in one of its slots, or is about to.
 *
 * <p>{@code pins} and {@code indexed} are guarded by the tier's lock; the slot is given back when
 * the image is no longer indexed and has no pins. Whoever holds a pin may read the slot's bytes
 * once {@link #loaded} has completed with OK: its completion happens after the last byte was
 * written. The header and padding belong to the one write that {@link #persisted} admits. A stale
 * {@code stampedAt} costs one superfluous stamp.
 */
final class ResidentImage {
  private static final CompletableFuture<ReadOutcome> READY =
      CompletableFuture.completedFuture(ReadOutcome.OK);

  final StoredChunk chunk;
  final Slot slot;

  /** How the read into the slot ended; complete from the start if the engine filled it. */
  final CompletableFuture<ReadOutcome> loaded;

  int pins;
  boolean indexed = true;

  /** When the store's copy was last stamped, in milliseconds since 1970; 0 if unknown. */
  volatile long stampedAt;

  /** Whether the store has a copy, or a write of one is under way: only who sets it writes. */
  final AtomicBoolean persisted;

  private ResidentImage(
      StoredChunk chunk, Slot slot, CompletableFuture<ReadOutcome> loaded, boolean persisted) {
    this.chunk = chunk;
    this.slot = slot;
    this.loaded = loaded;
    this.persisted = new AtomicBoolean(persisted);
  }

  /** An image that the engine filled. */
  static ResidentImage filled(StoredChunk chunk, Slot slot) {
    return new ResidentImage(chunk, slot, READY, false);
  }

  /** An image that is to be read from the store. */
  static ResidentImage loading(StoredChunk chunk, Slot slot) {
    return new ResidentImage(chunk, slot, new CompletableFuture<>(), true);
  }

  ChunkKey key() {
    return chunk.key();
  }

  int group() {
    return slot.group();
  }

  /** Whether the slot holds the image now. */
  boolean isReady() {
    return loaded == READY || loaded.getNow(null) == ReadOutcome.OK;
  }
}
