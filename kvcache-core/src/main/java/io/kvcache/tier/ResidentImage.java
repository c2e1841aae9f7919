package io.kvcache.tier;

import io.kvcache.ChunkKey;
import io.kvcache.StoreOutcome;
import io.kvcache.store.PendingIo;
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

  /** The read into the slot, once it was asked for; null if the engine filled it. */
  private volatile PendingIo<ReadOutcome> read;

  /** Whether somebody waits for it, perhaps before the read was known here. */
  private volatile boolean demanded;

  int pins;
  boolean indexed = true;

  /** When the store's copy was last stamped, in milliseconds since 1970; 0 if unknown. */
  volatile long stampedAt;

  /**
   * How the store's copy came about: null if it has none, else the write that made it, is making
   * it, or was abandoned and still reads the slot. Only who sets it writes; once a write that
   * failed no longer touches the slot, it is set back to null.
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

  void reading(PendingIo<ReadOutcome> what) {
    read = what;
    if (demanded) {
      what.demand();
    }
  }

  /** Somebody waits for it. */
  void demand() {
    demanded = true;
    PendingIo<ReadOutcome> reading = read;
    if (reading != null) {
      reading.demand();
    }
  }

  /** Nobody wants it any more: takes its read out of the queue, if it is still there. */
  void cancelRead() {
    PendingIo<ReadOutcome> reading = read;
    if (reading != null && !loaded.isDone()) {
      reading.cancel();
    }
  }

  ChunkKey key() {
    return chunk.key();
  }

  int group() {
    return slot.group();
  }

  /** Whether the store has a copy, as far as is known. */
  boolean isPersisted() {
    return isInStore(write.get());
  }

  static boolean isInStore(StoreOutcome outcome) {
    return outcome == StoreOutcome.WRITTEN || outcome == StoreOutcome.ALREADY_PRESENT;
  }

  private static boolean isInStore(CompletableFuture<StoreOutcome> write) {
    return write != null && isInStore(write.getNow(null));
  }

  /** The store's copy was removed, perhaps by another node: the next store call writes it again. */
  void copyIsGone() {
    CompletableFuture<StoreOutcome> ended = write.get();
    if (isInStore(ended)) {
      write.compareAndSet(ended, null);
    }
  }

  /** Whether the slot holds the image now. */
  boolean isReady() {
    return loaded == READY || loaded.getNow(null) == ReadOutcome.OK;
  }
}
