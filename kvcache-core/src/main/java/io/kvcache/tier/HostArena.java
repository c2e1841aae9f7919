package io.kvcache.tier;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;

/**
 * Host memory for several slots. It is got when the first of them is filled, by the thread that
 * fills it: getting memory zeroes it, about a second per gibibyte, which must happen neither under
 * the tier's lock nor on one thread alone.
 *
 * <p>Thread-safe by its monitor, which those wait for who need this arena, and nobody else.
 */
final class HostArena implements Arena {
  private final ByteBufAllocator allocator;
  private final int bytes;
  private final int alignment;
  private ByteBuf buffer;
  private ByteBuffer memory;
  private OutOfMemoryError refused;

  HostArena(ByteBufAllocator allocator, int bytes, int alignment) {
    this.allocator = allocator;
    this.bytes = bytes;
    this.alignment = alignment;
  }

  /**
   * A piece of the memory. Where the host has less than was promised, it is not asked again: asking
   * makes the JVM collect garbage and wait.
   */
  @Override
  public synchronized ByteBuffer slice(int offset, int length) {
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

  @Override
  public long address(int offset) {
    return 0;
  }

  @Override
  public synchronized void release() {
    if (buffer != null) {
      buffer.release();
      buffer = null;
      memory = null;
    }
  }
}
