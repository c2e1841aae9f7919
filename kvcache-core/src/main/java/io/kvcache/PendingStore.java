package io.kvcache;

import java.nio.ByteBuffer;

/**
 * Writable slots for the chunks of one prompt that are not there yet, for engines that copy from a
 * device in their own time: begin, start the copies, and {@link #commit} once they have arrived.
 * Nothing can be found by others before that, and nothing is kept without it. Always close it.
 *
 * <pre>{@code
 * try (PendingStore pending = cache.beginStore(keys, computedTokens)) {
 *   for (int chunk = 0; chunk < pending.chunks(); chunk++) {
 *     for (int layer = 0; layer < layers; layer++) {
 *       if (pending.wants(chunk, layer)) {
 *         device.copyAsync(kvAddress(layer, chunk), pending.rows(chunk, layer, 0));
 *       }
 *     }
 *   }
 *   device.synchronize();
 *   pending.commit();
 * }
 * }</pre>
 *
 * <p>Memory that is held here is held from the cache, so commit soon. For one thread at a time.
 */
public interface PendingStore extends AutoCloseable {
  /** Whole chunks of the computed tokens, present and declined ones included. */
  int chunks();

  /**
   * Whether a slot waits for the rows of a layer: the image is not there yet, its group is stored
   * after this chunk, and there was room.
   *
   * @param chunk from 0
   * @param layer the model's layer number
   */
  boolean wants(int chunk, int layer);

  /**
   * Memory for the rows of one layer's part of one chunk, as in {@link KvSource#read}. An image of
   * which not every part was asked for is not stored: a window or state that the engine lacks is
   * left out by not asking, and without rows of a full group the store ends before that chunk.
   *
   * @param chunk from 0
   * @param layer the model's layer number
   * @param part number of the part in its group
   * @return writable, direct, little-endian, position 0, to be filled to its limit; not to be
   *     touched after {@link #commit} or {@link #close}
   * @throws IllegalStateException if it is not wanted, or this was committed or closed
   */
  ByteBuffer rows(int chunk, int layer, int part);

  /**
   * Publishes what was filled, and starts its writes to the store. The bytes of every part that was
   * asked for must have arrived.
   *
   * @throws IllegalStateException the second time, or after {@link #close}
   */
  StoreReport commit();

  /**
   * Gives back what was not committed; idempotent. No copy into its memory may be under way any
   * more.
   */
  @Override
  void close();
}
