package io.kvcache.bench.ttft;

import io.kvcache.spi.HostMemory;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Memory that keeps what one cache gives back for the next: so that a new cache, which holds
 * nothing, has memory that was used before, as a server's that has run for a while. Without it each
 * measurement would pay the kernel for zeroed pages. Thread-safe.
 */
final class UsedMemory implements HostMemory, AutoCloseable {
  private record Size(int bytes, int alignment) {}

  private final HostMemory memory;
  private final Map<Size, Deque<Region>> free = new HashMap<>();
  private boolean closed;

  UsedMemory(HostMemory memory) {
    this.memory = memory;
  }

  @Override
  public Region allocate(int bytes, int alignment) {
    Size size = new Size(bytes, alignment);
    synchronized (this) {
      Deque<Region> used = free.get(size);
      if (used != null && !used.isEmpty()) {
        return new Lent(size, used.pop());
      }
    }
    return new Lent(size, memory.allocate(bytes, alignment));
  }

  private synchronized void giveBack(Size size, Region region) {
    if (closed) {
      region.close();
    } else {
      free.computeIfAbsent(size, any -> new ArrayDeque<>()).push(region);
    }
  }

  @Override
  public long limitBytes() {
    return memory.limitBytes();
  }

  @Override
  public String remedy(long bytes) {
    return memory.remedy(bytes);
  }

  @Override
  public long allocatedBytes() {
    return memory.allocatedBytes();
  }

  @Override
  public String toString() {
    return memory.toString();
  }

  /** Frees what nobody has; what somebody has is freed when it comes back. */
  @Override
  public synchronized void close() {
    closed = true;
    free.values().forEach(regions -> regions.forEach(Region::close));
    free.clear();
  }

  private final class Lent implements Region {
    private final Size size;
    private Region region;

    Lent(Size size, Region region) {
      this.size = size;
      this.region = region;
    }

    @Override
    public synchronized ByteBuffer bytes() {
      return region.bytes();
    }

    @Override
    public synchronized void close() {
      if (region != null) {
        giveBack(size, region);
        region = null;
      }
    }
  }
}
