package io.kvcache.bench.ttft;

import io.kvcache.KvSink;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;

/**
 * The engine's KV memory behind its link: rows are really copied, into host memory that stands for
 * the device's, and the link is busy for as long as the scenario's would be. As with an engine's
 * asynchronous copies nobody waits for a single one, but for all in the end. Copies go over the
 * link one after the other. For one thread.
 */
final class EngineMemory implements KvSink {
  private final double nanosPerByte;
  private final ByteBuffer memory;
  private long busyUntil;
  private long bytes;

  /**
   * @param linkBytesPerSecond of the link, already divided by k
   * @param largestRows bytes of the largest piece
   */
  EngineMemory(double linkBytesPerSecond, int largestRows) {
    nanosPerByte = 1e9 / linkBytesPerSecond;
    // More than a processor's caches, so that copies go to memory; far less than a prompt.
    memory = ByteBuffer.allocateDirect(Math.max(largestRows, 64 << 20));
  }

  /** Begins a request. */
  void reset() {
    bytes = 0;
    busyUntil = System.nanoTime();
  }

  @Override
  public void write(int layer, int part, int from, int count, ByteBuffer rows) {
    int size = rows.remaining();
    if (memory.remaining() < size) {
      memory.clear();
    }
    long now = System.nanoTime();
    busyUntil = Math.max(now, busyUntil) + Math.round(size * nanosPerByte);
    memory.put(rows);
    bytes += size;
  }

  @Override
  public void awaitCopies() {
    for (long left = busyUntil - System.nanoTime(); left > 0; ) {
      LockSupport.parkNanos(this, left);
      left = busyUntil - System.nanoTime();
    }
  }

  /** Bytes since the request began. */
  long bytes() {
    return bytes;
  }
}
