package io.kvcache.tier;

import io.kvcache.spi.HostMemory;

/** How much memory outside the heap there is for a tier. */
public final class DramLimit {
  private DramLimit() {}

  /**
   * Refuses a DRAM tier that could never be allocated.
   *
   * @param setting how the tier's size was set, for the message
   * @param dram bytes of the tier
   * @param staging bytes of its staging slots
   * @param memory where both come from
   * @throws IllegalArgumentException naming the limit and what raises it
   */
  public static void check(String setting, long dram, long staging, HostMemory memory) {
    long limit = memory.limitBytes();
    // Two sizes that are fine may have a sum that is not.
    if (dram > limit - staging) {
      throw new IllegalArgumentException(
          setting
              + (staging > 0 ? " with " + staging + " bytes of staging" : "")
              + " is above the limit of "
              + limit
              + " bytes of "
              + memory
              + ": "
              + memory.remedy(dram + Math.min(staging, Long.MAX_VALUE - dram)));
    }
  }
}
