package io.kvcache.spi;

import java.nio.ByteBuffer;

/**
 * Where slots in DRAM get their memory: outside the Java heap, a few dozen megabytes at a time.
 *
 * <ul>
 *   <li>Blocking, and thread-safe. A cache allocates on the thread that first fills a slot, an I/O
 *       thread or one of the engine's, and outside its locks: getting memory zeroes it, which takes
 *       milliseconds. Others wait only if they need the same region.
 *   <li>A cache frees what it allocated when it is closed or, if leases or calls still use a slot,
 *       with the last of those, on whichever thread that is; under a lock of the tier that is gone,
 *       so freeing never calls the cache.
 *   <li>One memory may serve many caches. It belongs to whoever made it, and must work until they
 *       have freed everything.
 *   <li>Having no more is an outcome: an {@link OutOfMemoryError} that says why and what helps. A
 *       tier that meets it grows no more, and no request fails.
 * </ul>
 */
public interface HostMemory {
  /**
   * Gets memory; what is in it is unspecified.
   *
   * @param bytes at least 1
   * @param alignment of its address, a power of two
   * @throws OutOfMemoryError if there is none, with the size, the limit and the remedy
   */
  Region allocate(int bytes, int alignment);

  /** Bytes that it could have given in all, were nothing allocated; a tier of more is refused. */
  long limitBytes();

  /**
   * What to do for so many bytes where {@link #limitBytes()} is less, as the end of an error
   * message.
   */
  String remedy(long bytes);

  /** Bytes that are allocated now; what alignment and page size add may be in it. */
  long allocatedBytes();

  /** What this memory is, in words that fit "limit of ... bytes of". */
  @Override
  String toString();

  /** Memory of its owner's alone, until it is closed. */
  interface Region extends AutoCloseable {
    /** The memory: direct, position 0, exactly as many bytes as were asked for. */
    ByteBuffer bytes();

    /**
     * Gives the memory back. Nothing may read or write it any more, through any view: the JVM could
     * crash. Does nothing when called again, and does not throw: nobody could do anything about it.
     */
    @Override
    void close();
  }
}
