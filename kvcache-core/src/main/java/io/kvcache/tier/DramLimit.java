package io.kvcache.tier;

import io.netty.util.internal.PlatformDependent;

/** How much memory outside the heap this JVM lets us have. */
public final class DramLimit {
  private DramLimit() {}

  /** As {@link #check(String, long, long)}, for a size that {@code dram(...)} set. */
  public static void check(long dram, long staging) {
    check("dram(" + dram + ")", dram, staging);
  }

  /**
   * Refuses a DRAM tier that could never be allocated.
   *
   * @param setting how the tier's size was set, for the message
   * @param dram bytes of the tier
   * @param staging bytes of its staging slots
   * @throws IllegalArgumentException naming the limit and the flag that raises it
   */
  public static void check(String setting, long dram, long staging) {
    long limit = PlatformDependent.maxDirectMemory();
    long bytes = dram + staging;
    if (bytes > limit) {
      throw new IllegalArgumentException(
          setting
              + (staging > 0 ? " with " + staging + " bytes of staging" : "")
              + " is above the JVM's direct-memory limit of "
              + limit
              + " bytes: start Java with -XX:MaxDirectMemorySize="
              + (bytes / (1 << 20) + 64)
              + "m or more");
    }
  }
}
