package io.kvcache.store;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Buffers that images of several sizes are read into, used again and again: a new one is zeroed,
 * which takes longer than reading a small image. At most so many at once, the larger ones kept;
 * more only while calls that hang still have theirs. Thread-safe.
 */
final class ImageBuffers {
  private final int most;
  private final List<ByteBuffer> free = new ArrayList<>();
  private int out;

  ImageBuffers(int most) {
    this.most = most;
  }

  /** A buffer for so many bytes at least: the smallest that will do. */
  ByteBuffer take(int bytes) {
    ByteBuffer found = takeFree(bytes);
    if (found != null) {
      return found;
    }
    try {
      return ImageBuffer.allocate(bytes);
    } catch (OutOfMemoryError e) {
      gone();
      throw e;
    }
  }

  private synchronized ByteBuffer takeFree(int bytes) {
    ByteBuffer found = null;
    for (ByteBuffer buffer : free) {
      if (buffer.capacity() >= bytes && (found == null || buffer.capacity() < found.capacity())) {
        found = buffer;
      }
    }
    if (found != null) {
      remove(found);
    } else if (out + free.size() >= most && !free.isEmpty()) {
      remove(smallest());
    }
    out++;
    return found;
  }

  private synchronized void gone() {
    out--;
  }

  /** Nobody uses it any more. */
  synchronized void give(ByteBuffer buffer) {
    out--;
    free.add(buffer);
    if (out + free.size() > most) {
      remove(smallest());
    }
  }

  private ByteBuffer smallest() {
    ByteBuffer smallest = free.get(0);
    for (ByteBuffer buffer : free) {
      smallest = buffer.capacity() < smallest.capacity() ? buffer : smallest;
    }
    return smallest;
  }

  /** Not by equals, which compares bytes. */
  private void remove(ByteBuffer buffer) {
    free.removeIf(other -> other == buffer);
  }
}
