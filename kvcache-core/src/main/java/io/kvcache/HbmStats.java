package io.kvcache;

/**
 * Gauges and counters of the tier in device memory.
 *
 * @param slots its slots; what was promoted is {@code inserted}
 * @param promotionsDropped promotions that were not tried, since enough others waited
 * @param promotionsPending promotions that wait or are under way now; each pins what it copies in
 *     DRAM
 * @param failedCopies promotions that ended because the device failed a copy
 */
public record HbmStats(
    TierStats slots, long promotionsDropped, int promotionsPending, long failedCopies) {}
