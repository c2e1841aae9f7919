package io.kvcache.tier;

import io.kvcache.spi.DeviceMemory;
import io.kvcache.spi.DeviceMemoryException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Memory of an accelerator for several slots.
 *
 * <p>Thread-safe by its monitor, which those wait for who need this arena, and nobody else.
 */
final class DeviceArena implements Arena {
  private static final Logger log = LoggerFactory.getLogger(DeviceArena.class);

  private final DeviceMemory device;
  private final long bytes;
  private long address;
  private boolean refused;
  private boolean released;

  DeviceArena(DeviceMemory device, long bytes) {
    this.device = device;
    this.bytes = bytes;
  }

  @Override
  public ByteBuffer slice(int offset, int length) {
    return null;
  }

  @Override
  public synchronized long address(int offset) {
    if (released) {
      throw new IllegalStateException(
          "an arena of " + bytes + " bytes is used after it was given back to " + device);
    }
    if (address == 0 && !refused) {
      try {
        address = device.allocate(bytes);
      } catch (DeviceMemoryException | RuntimeException e) {
        refused = true;
        log.debug("{} refuses {} bytes", device, bytes, e);
      }
    }
    if (refused) {
      throw new OutOfMemoryError(device + " has no " + bytes + " bytes left");
    }
    return address + offset;
  }

  @Override
  public synchronized void release() {
    released = true;
    if (address == 0) {
      return;
    }
    try {
      device.free(address);
    } catch (RuntimeException e) {
      // Nothing that the cache could do about it, and the rest is still to be freed.
      log.warn("{} did not free {} bytes", device, bytes, e);
    }
    address = 0;
  }
}
