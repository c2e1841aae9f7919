package io.kvcache.lustre;

import com.sun.jna.Pointer;
import java.nio.ByteBuffer;

/**
 * Anonymous memory of this process.
 *
 * @param address where it begins
 * @param bytes whole pages
 * @param pages of which kind they are: {@link HugePages#AUTO} if the system was asked for
 *     transparent ones, which it gives where it can
 */
record Mapping(long address, long bytes, HugePages pages) {
  /**
   * A view of its first bytes; it keeps nothing alive, and is good until the memory is unmapped.
   */
  ByteBuffer view(int length) {
    return new Pointer(address).getByteBuffer(0, length);
  }
}
