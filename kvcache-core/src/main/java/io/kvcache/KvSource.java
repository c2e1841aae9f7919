package io.kvcache;

import java.nio.ByteBuffer;

/** Where {@link KvCache#store} gets rows: the engine's own KV memory. */
@FunctionalInterface
public interface KvSource {
  /**
   * Fills the rows of one layer's part of one chunk. Called on the thread that called store. An
   * exception ends the store and reaches its caller; chunks before this one are kept.
   *
   * @param layer the model's layer number
   * @param part number of the part in its group
   * @param from position in the prompt of the first token
   * @param count tokens of the chunk; for a state group {@code rows} is the state after the last
   * @param rows writable, little-endian, position 0: room for {@code count} rows of the part's
   *     bytes each, in token order (one state for a state group), to be filled to its limit by
   *     absolute or relative puts; valid during the call
   * @return false if the engine no longer has these rows: a window or state image is then not
   *     written, and for a full group the store ends before this chunk
   */
  boolean read(int layer, int part, int from, int count, ByteBuffer rows);
}
