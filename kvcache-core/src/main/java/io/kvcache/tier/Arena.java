package io.kvcache.tier;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;

/**
 * One piece of host memory for several slots. It is got when the first of them is filled, by the
 * thread that fills it: getting memory zeroes it, about a second per gibibyte, which must happen
 * neither under the tier's lock nor on one thread alone.
 *
 * <p>Thread-safe by its monitor, which those wait for who need this arena, and nobody else.
 */
final class Arena {
  private final ByteBufAllocator allocator;
  private final int bytes;
  private final int alignment;
  private ByteBuf buffer;
  private ByteBuffer memory;
  private OutOfMemoryError refused;

  Arena(ByteBufAllocator allocator, int bytes, int alignment) {
    this.allocator = allocator;
    this.bytes = bytes;
    this.alignment = alignment;
  }

  /**
   * A piece of the memory.
   *
   * @throws OutOfMemoryError if the host has less than was promised; then always, without asking
   *     again, since asking makes the JVM collect garbage and wait
   */
  synchronized ByteBuffer slice(int offset, int length) {
    if (refused != null) {
      throw refused;
    }
    if (memory == null) {
      try {
        buffer = allocator.directBuffer(bytes + alignment);
      } catch (OutOfMemoryError e) {
        refused = e;
        throw e;
      }
      memory = buffer.nioBuffer(0, bytes + alignment).alignedSlice(alignment);
    }
    return memory.slice(offset, length);
  }

  /** Gives the memory back; no slot of this arena may be used any more. */
  synchronized void release() {
    if (buffer != null) {
      buffer.release();
      buffer = null;
      memory = null;
    }
  }
}
