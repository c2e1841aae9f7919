package io.kvcache;

import java.nio.ByteBuffer;

/** Where {@link PrefixLease#restore} puts rows: the engine's own KV memory. */
@FunctionalInterface
public interface KvSink {
  /**
   * Takes the rows of one layer's part of one chunk. Called on the thread that called restore. An
   * exception ends the restore and reaches its caller.
   *
   * @param layer the model's layer number
   * @param part number of the part in its group
   * @param from position in the prompt of the first token
   * @param count tokens of the chunk; for a state group {@code rows} is the state after the last
   * @param rows read-only, little-endian, position 0: {@code count} rows of the part's bytes each,
   *     in token order (one state for a state group); the bytes stay as they are until {@link
   *     #awaitCopies} returns or the lease is closed, so an asynchronous copy may still read them
   */
  void write(int layer, int part, int from, int count, ByteBuffer rows);

  /**
   * Waits until asynchronous copies of all rows given so far have arrived. Called on the same
   * thread before the memory of such rows is used for others, which happens while a prefix that
   * does not fit into DRAM streams through it, and also after {@link #write} threw. A sink that
   * copies in {@link #write} has nothing to wait for.
   */
  default void awaitCopies() {}
}
