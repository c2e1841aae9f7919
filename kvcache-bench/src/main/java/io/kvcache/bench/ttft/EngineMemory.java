package io.kvcache.bench.ttft;

import io.kvcache.KvSink;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;

/**
 * The engine's KV memory behind its link: rows are really copied, into host memory that stands for
 * the device's, and the link is busy for as long as the scenario's would be. As with an engine's
 * asynchronous copies nobody waits for a single one, but for all in the end. For one thread.
 */
final class EngineMemory implements KvSink {
  /** More than a processor's caches, so that copies go to memory; far less than a prompt. */
  private static final int LEAST_BYTES = 64 << 20;

  private final EngineLink link;
  private final ByteBuffer memory;
  private long arrived;
  private long bytes;

  /**
   * @param largestRows bytes of the largest piece
   */
  EngineMemory(EngineLink link, int largestRows) {
    this.link = link;
    this.memory = ByteBuffer.allocateDirect(Math.max(largestRows, LEAST_BYTES));
  }

  /** Begins a request. */
  void reset() {
    bytes = 0;
    arrived = System.nanoTime();
  }

  @Override
  public void write(int layer, int part, int from, int count, ByteBuffer rows) {
    int size = rows.remaining();
    if (memory.remaining() < size) {
      memory.clear();
    }
    arrived = link.copy(size);
    memory.put(rows);
    bytes += size;
  }

  @Override
  public void awaitCopies() {
    for (long left = arrived - System.nanoTime(); left > 0; ) {
      LockSupport.parkNanos(this, left);
      left = arrived - System.nanoTime();
    }
  }

  /** Bytes since the request began. */
  long bytes() {
    return bytes;
  }
}
