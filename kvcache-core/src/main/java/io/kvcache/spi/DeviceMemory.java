package io.kvcache.spi;

import java.nio.ByteBuffer;

/**
 * Memory of an accelerator, as far as an engine grants it to the cache: the engine's own allocator
 * and copy calls behind five methods.
 *
 * <ul>
 *   <li>Blocking, and thread-safe: any number of copies at once, between ranges that do not
 *       overlap.
 *   <li>Never calls the cache: some calls are made under its locks.
 *   <li>An address is a number that only the device understands; 0 is never one. Addresses within
 *       an allocation are reached by adding bytes.
 *   <li>Buffers are direct, host memory, little-endian; a copy moves what is between position and
 *       limit, and leaves both as they are.
 *   <li>When a copy returns, every byte has arrived, and whatever is put on {@link #stream()}
 *       afterwards sees it.
 *   <li>A copy that fails throws, and leaves unspecified bytes in its target and nowhere else.
 *   <li>A cache allocates and copies on a thread of its own, and frees on whichever thread lets go
 *       last: its own, or an engine's that closes the cache or a lease.
 * </ul>
 */
public interface DeviceMemory {
  /**
   * Gets memory, aligned to 256 bytes at least.
   *
   * @return its address
   * @throws DeviceMemoryException if there is none
   */
  long allocate(long bytes) throws DeviceMemoryException;

  /**
   * Gives back what {@link #allocate} returned; nothing reads or writes it any more. Does not
   * throw: nobody could do anything about it.
   */
  void free(long address);

  /** Copies from host memory to the device. */
  void copyIn(ByteBuffer from, long to) throws DeviceMemoryException;

  /** Copies from the device to host memory. */
  void copyOut(long from, ByteBuffer to) throws DeviceMemoryException;

  /**
   * Handle of the stream that copies are ordered on, such as a {@code cudaStream_t}; 0 for the
   * device's default stream.
   */
  long stream();
}
