package io.kvcache.bench.io;

import com.sun.management.OperatingSystemMXBean;
import io.kvcache.spi.HostMemory;
import java.lang.management.ManagementFactory;

/** Refuses a run that memory could not hold, before it starts. */
public final class MemoryRoom {
  private MemoryRoom() {}

  /**
   * Requires room in such memory, which may be allowed more than the machine has: a JVM starts with
   * any {@code -XX:MaxDirectMemorySize}.
   *
   * @param bytes what a run takes
   * @param remedy what to do if there is less
   * @throws IllegalArgumentException if there is less
   */
  public static void require(HostMemory memory, long bytes, String remedy) {
    if (bytes > memory.limitBytes()) {
      throw new IllegalArgumentException(
          String.format(
              "%,d MB are more than %s has, %,d MB: %s, or %s",
              bytes / 1_000_000,
              memory,
              memory.limitBytes() / 1_000_000,
              remedy,
              memory.remedy(bytes)));
    }
    long machine =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    long heap = Runtime.getRuntime().totalMemory();
    if (bytes > machine - heap) {
      throw new IllegalArgumentException(
          String.format(
              "%,d MB beside a heap of %,d MB are more than this machine has, %,d MB: %s",
              bytes / 1_000_000, heap / 1_000_000, machine / 1_000_000, remedy));
    }
  }
}
