package io.kvcache;

import java.nio.ByteBuffer;

/** One chunk of a lease, in place: no copy. Valid until the lease is closed. */
public interface ChunkView {
  /** Where the chunk was when the lease was taken; HBM if the images of all full groups were. */
  Tier tier();

  /** Position in the prompt of the chunk's first token. */
  int from();

  /** Tokens of the chunk. */
  int count();

  /** Key of the chunk. */
  ChunkKey key();

  /**
   * The rows of one layer's part: {@code count()} rows in token order, or the state after the last.
   *
   * @param layer the model's layer number
   * @param part number of the part in its group
   * @return read-only, direct, little-endian; the bytes stay as they are until the lease is closed,
   *     and must not be touched after
   * @throws IllegalArgumentException for a layer or part that the layout lacks
   * @throws IllegalStateException if the lease is closed, or the cut does not need this group's
   *     rows of this chunk (a window further back, a state elsewhere)
   */
  ByteBuffer rows(int layer, int part);

  /**
   * Where the same rows are in device memory, if they were there when the lease was taken: those of
   * full groups, for a chunk whose {@link #tier} is {@link Tier#HBM}.
   *
   * @param layer the model's layer number
   * @param part number of the part in its group
   * @return an address on the cache's device; the bytes there stay as they are until the lease is
   *     closed, and must not be changed
   * @throws IllegalArgumentException for a layer or part that the layout lacks
   * @throws IllegalStateException if the rows are not in device memory, the lease is closed, or the
   *     cut does not need them
   */
  long deviceAddress(int layer, int part);
}
