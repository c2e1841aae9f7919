package io.kvcache;

/**
 * Gauges and counters of a memory tier.
 *
 * @param capacityBytes bytes of slots at most
 * @param usedBytes bytes of slots that hold or await an image
 * @param stagingCapacityBytes bytes of further slots that prefixes stream through, at most
 * @param stagingUsedBytes bytes of those that hold or await an image now
 * @param images images resident, those being read included
 * @param pinnedImages images that may not be evicted now
 * @param inserted images that came in since the start
 * @param evicted images that were evicted to make room
 */
public record TierStats(
    long capacityBytes,
    long usedBytes,
    long stagingCapacityBytes,
    long stagingUsedBytes,
    long images,
    long pinnedImages,
    long inserted,
    long evicted) {}
