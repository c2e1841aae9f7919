package io.kvcache.tier;

import java.nio.ByteBuffer;

/**
 * One piece of memory for several slots, got when the first of them is asked for its part.
 * Thread-safe.
 */
interface Arena {
  /**
   * A part of host memory; null of a device's.
   *
   * @throws OutOfMemoryError if there is less than was promised; then always
   * @throws IllegalStateException once it was released
   */
  ByteBuffer slice(int offset, int length);

  /**
   * Address of a part of a device's memory; 0 of host memory.
   *
   * @throws OutOfMemoryError if there is less than was promised; then always
   * @throws IllegalStateException once it was released
   */
  long address(int offset);

  /** Gives the memory back, and gets none any more: nobody would give that back. */
  void release();
}
