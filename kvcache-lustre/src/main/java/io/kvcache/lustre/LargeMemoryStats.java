package io.kvcache.lustre;

/**
 * What a {@link LargeMemory} has given. Gauges but for the last.
 *
 * @param mappedBytes bytes mapped now, whole pages
 * @param regions pieces of memory that make up those
 * @param reservedHugeBytes bytes of those from the pool of reserved huge pages
 * @param transparentHugeBytes bytes of those that the kernel was asked to back by transparent huge
 *     pages; how many it really does is {@code AnonHugePages} in {@code /proc/PID/smaps_rollup}
 * @param limitBytes what {@code mappedBytes} may be at most
 * @param refused how often there was no memory
 */
public record LargeMemoryStats(
    long mappedBytes,
    int regions,
    long reservedHugeBytes,
    long transparentHugeBytes,
    long limitBytes,
    long refused) {}
