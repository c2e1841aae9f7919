package io.kvcache.bench.device;

import io.kvcache.spi.DeviceMemory;
import io.kvcache.spi.DeviceMemoryException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A simulated device: host memory behind addresses that only it understands, reached over a link
 * with modelled bandwidth and latency, one for each direction. A copy really happens, and then its
 * thread waits until the modelled time has passed; so a figure made with it says what the library
 * does at that bandwidth, and nothing about an accelerator. It is labelled simulated wherever it
 * shows.
 *
 * <p>Where the host copies slower than the model allows, the host's time is what is seen: {@link
 * Stats#slowerThanModel} counts those.
 */
public final class SimulatedDevice implements DeviceMemory {
  private static final long FIRST_ADDRESS = 0x7_0000_0000_0000L;
  private static final int ALIGNMENT = 256;

  /** Any number but 0, which would be a real device's default stream. */
  private static final long STREAM = 0x51;

  private final long capacity;
  private final double bytesPerSecond;
  private final long latencyNanos;
  private final DeviceLink in;
  private final DeviceLink out;
  private final NavigableMap<Long, HostPieces> allocations = new TreeMap<>();
  private long nextAddress = FIRST_ADDRESS;
  private long used;
  private long refused;
  private long failed;
  private long copies;
  private long failAt = -1;
  private boolean refusing;

  /**
   * @param capacity bytes that it has, at least 1
   * @param bytesPerSecond of each direction, above 0
   * @param latency of each copy, beside the time that its bytes take
   */
  public SimulatedDevice(long capacity, double bytesPerSecond, Duration latency) {
    if (capacity < 1 || !(bytesPerSecond > 0) || latency.isNegative()) {
      throw new IllegalArgumentException(
          "SimulatedDevice("
              + capacity
              + ", "
              + bytesPerSecond
              + ", "
              + latency
              + "): at least 1 byte, more than 0 bytes per second, and no negative latency");
    }
    this.capacity = capacity;
    this.bytesPerSecond = bytesPerSecond;
    this.latencyNanos = latency.toNanos();
    this.in = new DeviceLink(bytesPerSecond, latencyNanos);
    this.out = new DeviceLink(bytesPerSecond, latencyNanos);
  }

  /** The n-th copy from now fails, counted from 1, whichever way it goes. */
  public synchronized void failNthCopy(int n) {
    failAt = copies + n;
  }

  /** Every allocation is refused from now on, or none is. */
  public synchronized void refuseAllocations(boolean refuse) {
    refusing = refuse;
  }

  /**
   * Counters and gauges.
   *
   * @param allocatedBytes allocated now
   * @param allocations allocations now
   * @param refused allocations refused so far
   * @param copiesIn copies from the host so far
   * @param bytesIn bytes of those
   * @param copiesOut copies to the host so far
   * @param bytesOut bytes of those
   * @param failed copies that failed; not among the other counts
   * @param slowerThanModel copies for which the host took longer than the model
   */
  public record Stats(
      long allocatedBytes,
      long allocations,
      long refused,
      long copiesIn,
      long bytesIn,
      long copiesOut,
      long bytesOut,
      long failed,
      long slowerThanModel) {}

  /** Counters and gauges of this moment. */
  public synchronized Stats stats() {
    return new Stats(
        used,
        allocations.size(),
        refused,
        in.copies(),
        in.bytes(),
        out.copies(),
        out.bytes(),
        failed,
        in.slowerThanModel() + out.slowerThanModel());
  }

  @Override
  public synchronized long allocate(long bytes) throws DeviceMemoryException {
    if (bytes < 1) {
      throw new IllegalArgumentException("allocate(" + bytes + "): 1 at least");
    }
    if (refusing || bytes > capacity - used) {
      refused++;
      throw new DeviceMemoryException(
          this + " refuses " + bytes + " bytes: " + (capacity - used) + " are free", null);
    }
    HostPieces memory;
    try {
      memory = new HostPieces(bytes);
    } catch (OutOfMemoryError e) {
      refused++;
      throw new DeviceMemoryException(
          "no host memory to simulate " + bytes + " bytes with: raise -XX:MaxDirectMemorySize", e);
    }
    long address = nextAddress;
    allocations.put(address, memory);
    nextAddress += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    used += bytes;
    return address;
  }

  @Override
  public synchronized void free(long address) {
    HostPieces memory = allocations.remove(address);
    if (memory == null) {
      throw new IllegalStateException(
          "free(" + Long.toHexString(address) + "): no allocation begins there");
    }
    used -= memory.bytes();
  }

  @Override
  public void copyIn(ByteBuffer from, long to) throws DeviceMemoryException {
    Place place = place(to, from.remaining());
    long ends = in.begin(System.nanoTime(), from.remaining());
    place.memory.put(place.at, from);
    in.end(ends);
  }

  @Override
  public void copyOut(long from, ByteBuffer to) throws DeviceMemoryException {
    Place place = place(from, to.remaining());
    long ends = out.begin(System.nanoTime(), to.remaining());
    place.memory.get(place.at, to);
    out.end(ends);
  }

  private record Place(HostPieces memory, long at) {}

  private synchronized Place place(long address, int bytes) throws DeviceMemoryException {
    if (++copies == failAt) {
      failed++;
      throw new DeviceMemoryException(
          "injected: a copy of " + bytes + " bytes at " + Long.toHexString(address), null);
    }
    Map.Entry<Long, HostPieces> entry = allocations.floorEntry(address);
    if (entry == null || address - entry.getKey() + bytes > entry.getValue().bytes()) {
      throw new IllegalStateException(
          bytes + " bytes at " + Long.toHexString(address) + ": not allocated");
    }
    return new Place(entry.getValue(), address - entry.getKey());
  }

  @Override
  public long stream() {
    return STREAM;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "simulated device (%,d bytes, %.1f GB/s each way, %d us a copy)",
        capacity,
        bytesPerSecond / 1e9,
        latencyNanos / 1_000);
  }
}
