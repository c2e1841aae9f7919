package io.kvcache.tier;

import io.kvcache.ChunkKey;
import io.kvcache.StoreOutcome;
import io.kvcache.store.ReadOutcome;
import io.kvcache.store.StoredChunk;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One image that a tier holds in one of its slots, or is about to.
 *
 * <p>{@code pins} and {@code indexed} are guarded by the tier's lock; the slot is given back when
 * the image is no longer indexed and has no pins. Whoever holds a pin may read the slot's bytes
 * once {@link #loaded} has completed with OK: its completion happens after the last byte was
 * written. The header and padding belong to the one write that {@link #write} admits. A stale
 * {@code stampedAt} costs one superfluous stamp.
 */
public final class ResidentImage {
  private static final CompletableFuture<ReadOutcome> READY =
      CompletableFuture.completedFuture(ReadOutcome.OK);
  private static final CompletableFuture<StoreOutcome> STORED =
      CompletableFuture.completedFuture(StoreOutcome.ALREADY_PRESENT);

  final StoredChunk chunk;
  final Slot slot;

  /** Whether it only passes through, in a staging slot. */
  final boolean staged;

  /** How the read into the slot ended; complete from the start if the engine filled it. */
  final CompletableFuture<ReadOutcome> loaded;

  int pins;
  boolean indexed = true;

  /** When the store's copy was last stamped, in milliseconds since 1970; 0 if unknown. */
  volatile long stampedAt;

  /**
   * How the store's copy came about: null if it has none, completed if it has one, else the write
   * that is under way. Only who sets it writes; a write that fails sets it back to null.
   */
  final AtomicReference<CompletableFuture<StoreOutcome>> write;

  private ResidentImage(
      StoredChunk chunk,
      Slot slot,
      boolean staged,
      CompletableFuture<ReadOutcome> loaded,
      CompletableFuture<StoreOutcome> write) {
    this.chunk = chunk;
    this.slot = slot;
    this.staged = staged;
    this.loaded = loaded;
    this.write = new AtomicReference<>(write);
  }

  /** An image that the engine filled. */
  static ResidentImage filled(StoredChunk chunk, Slot slot) {
    return new ResidentImage(chunk, slot, false, READY, null);
  }

  /** An image that is to be read from the store. */
  static ResidentImage loading(StoredChunk chunk, Slot slot, boolean staged) {
    return new ResidentImage(chunk, slot, staged, new CompletableFuture<>(), STORED);
  }

  ChunkKey key() {
    return chunk.key();
  }

  int group() {
    return slot.group();
  }

  /** Whether the store has a copy, as far as is known. */
  boolean isPersisted() {
    CompletableFuture<StoreOutcome> ended = write.get();
    return ended != null && ended.isDone();
  }

  /** The store's copy was removed, perhaps by another node: the next store call writes it again. */
  void copyIsGone() {
    CompletableFuture<StoreOutcome> ended = write.get();
    if (ended != null && ended.isDone()) {
      write.compareAndSet(ended, null);
    }
  }

  /** Whether the slot holds the image now. */
  boolean isReady() {
    return loaded == READY || loaded.getNow(null) == ReadOutcome.OK;
  }
}
