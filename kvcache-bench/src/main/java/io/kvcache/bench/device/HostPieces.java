package io.kvcache.bench.device;

import java.nio.ByteBuffer;

/** Host memory of any size, in pieces of what one buffer holds. */
final class HostPieces {
  private static final int PIECE = 1 << 28;

  private final long bytes;
  private final ByteBuffer[] pieces;

  /**
   * @throws OutOfMemoryError if the JVM's limit of direct memory does not allow it
   */
  HostPieces(long bytes) {
    this.bytes = bytes;
    pieces = new ByteBuffer[Math.toIntExact((bytes + PIECE - 1) / PIECE)];
    for (int i = 0; i < pieces.length; i++) {
      pieces[i] = ByteBuffer.allocateDirect((int) Math.min(PIECE, bytes - (long) i * PIECE));
    }
  }

  long bytes() {
    return bytes;
  }

  /** Copies a buffer's bytes to that place. */
  void put(long at, ByteBuffer from) {
    int copied = 0;
    while (copied < from.remaining()) {
      ByteBuffer piece = pieces[(int) ((at + copied) / PIECE)];
      int offset = (int) ((at + copied) % PIECE);
      int size = Math.min(from.remaining() - copied, piece.capacity() - offset);
      piece.put(offset, from, from.position() + copied, size);
      copied += size;
    }
  }

  /** Fills a buffer from that place. */
  void get(long at, ByteBuffer to) {
    int copied = 0;
    while (copied < to.remaining()) {
      ByteBuffer piece = pieces[(int) ((at + copied) / PIECE)];
      int offset = (int) ((at + copied) % PIECE);
      int size = Math.min(to.remaining() - copied, piece.capacity() - offset);
      to.put(to.position() + copied, piece, offset, size);
      copied += size;
    }
  }
}
