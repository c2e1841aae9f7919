package io.kvcache.tier;

import io.kvcache.spi.HostMemory;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Host memory for several slots. It is got when the first of them is filled, by the thread that
 * fills it: getting memory zeroes it, about a second per gibibyte, which must happen neither under
 * the tier's lock nor on one thread alone.
 *
 * <p>Thread-safe by its monitor, which those wait for who need this arena, and nobody else.
 */
final class HostArena implements Arena {
  private static final Logger log = LoggerFactory.getLogger(HostArena.class);

  private final HostMemory memory;
  private final int bytes;
  private final int alignment;
  private HostMemory.Region region;
  private OutOfMemoryError refused;
  private boolean released;

  HostArena(HostMemory memory, int bytes, int alignment) {
    this.memory = memory;
    this.bytes = bytes;
    this.alignment = alignment;
  }

  /**
   * A piece of the memory. Where the host has less than was promised, it is not asked again: asking
   * makes the JVM collect garbage and wait.
   */
  @Override
  public synchronized ByteBuffer slice(int offset, int length) {
    if (released) {
      throw new IllegalStateException(
          "an arena of " + bytes + " bytes is used after it was given back to " + memory);
    }
    if (refused != null) {
      throw refused;
    }
    if (region == null) {
      try {
        region = memory.allocate(bytes, alignment);
      } catch (OutOfMemoryError e) {
        refused = e;
        throw e;
      } catch (RuntimeException e) {
        // Not what the contract says, but no reason to fail a request.
        refused = new OutOfMemoryError(memory + " broke when asked for " + bytes + " bytes: " + e);
        refused.initCause(e);
        throw refused;
      }
    }
    return region.bytes().slice(offset, length);
  }

  @Override
  public long address(int offset) {
    return 0;
  }

  @Override
  public synchronized void release() {
    released = true;
    if (region == null) {
      return;
    }
    try {
      region.close();
    } catch (RuntimeException e) {
      // Nothing that the cache could do about it, and the rest is still to be freed.
      log.warn("{} did not free {} bytes", memory, bytes, e);
    }
    region = null;
  }
}
