package io.kvcache.tier;

import io.netty.util.internal.PlatformDependent;

/** How much memory outside the heap this JVM lets us have. */
public final class DramLimit {
  private DramLimit() {}

  /**
   * Refuses a DRAM tier that could never be allocated.
   *
   * @throws IllegalArgumentException naming the limit and the flag that raises it
   */
  public static void check(long bytes) {
    long limit = PlatformDependent.maxDirectMemory();
    if (bytes > limit) {
      throw new IllegalArgumentException(
          "dram("
              + bytes
              + ") is above the JVM's direct-memory limit of "
              + limit
              + " bytes: start Java with -XX:MaxDirectMemorySize="
              + (bytes / (1 << 20) + 64)
              + "m or more");
    }
  }
}
