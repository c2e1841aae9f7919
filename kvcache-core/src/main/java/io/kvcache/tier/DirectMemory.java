package io.kvcache.tier;

import io.kvcache.spi.HostMemory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;
import java.nio.ByteBuffer;

/**
 * The JVM's own direct memory, by Netty's allocator and with its leak detection. Counts what it
 * gave itself; the limit is the whole JVM's.
 */
public final class DirectMemory implements HostMemory {
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);

  @Override
  public Region allocate(int bytes, int alignment) {
    ByteBuf buffer = allocator.directBuffer(Math.addExact(bytes, alignment));
    ByteBuffer whole = buffer.nioBuffer(0, buffer.capacity());
    int beyond = whole.alignmentOffset(0, alignment);
    return new Piece(buffer, whole.slice(beyond == 0 ? 0 : alignment - beyond, bytes));
  }

  @Override
  public long limitBytes() {
    return PlatformDependent.maxDirectMemory();
  }

  @Override
  public String remedy(long bytes) {
    return "start Java with -XX:MaxDirectMemorySize=" + (bytes / (1 << 20) + 64) + "m or more";
  }

  @Override
  public long allocatedBytes() {
    return allocator.metric().usedDirectMemory();
  }

  @Override
  public String toString() {
    return "the JVM's direct memory";
  }

  private static final class Piece implements Region {
    private final ByteBuf buffer;
    private final ByteBuffer bytes;
    private boolean closed;

    Piece(ByteBuf buffer, ByteBuffer bytes) {
      this.buffer = buffer;
      this.bytes = bytes;
    }

    @Override
    public ByteBuffer bytes() {
      return bytes;
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        buffer.release();
      }
    }
  }
}
