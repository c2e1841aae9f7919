package io.kvcache.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Memory outside the slots that an image of whatever layout can be read into. */
final class ImageBuffer {
  private ImageBuffer() {}

  /** As {@link io.kvcache.spi.ChunkIo} wants it, little-endian, for so many bytes at least. */
  static ByteBuffer allocate(int bytes) {
    int a = NioChunkIo.ALIGNMENT;
    int whole = whole(bytes);
    return ByteBuffer.allocateDirect(whole + a)
        .alignedSlice(a)
        .slice(0, whole)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The front of a buffer, for a file of so many bytes. */
  static ByteBuffer front(ByteBuffer buffer, int bytes) {
    return buffer.slice(0, whole(bytes)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int whole(int bytes) {
    int a = NioChunkIo.ALIGNMENT;
    return (bytes + a - 1) / a * a;
  }
}
