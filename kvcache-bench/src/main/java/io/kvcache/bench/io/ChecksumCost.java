package io.kvcache.bench.io;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;

/** What checksums alone cost: the part of a store's processor time that fio does not spend. */
final class ChecksumCost {
  private static final long BYTES = 1L << 30;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private ChecksumCost() {}

  /** Processor seconds per GiB of CRC32C over slots, one after the other as images are. */
  static double secondsPerGib(List<ByteBuffer> slots) {
    pass(slots, BYTES / 4); // compiles it
    long start = THREADS.getCurrentThreadCpuTime();
    long bytes = pass(slots, BYTES);
    return (THREADS.getCurrentThreadCpuTime() - start) / 1e9 / ((double) bytes / (1L << 30));
  }

  private static long pass(List<ByteBuffer> slots, long atLeast) {
    CRC32C crc = new CRC32C();
    long done = 0;
    while (done < atLeast) {
      for (ByteBuffer slot : slots) {
        crc.update(slot.duplicate());
        done += slot.capacity();
      }
    }
    return done;
  }
}
