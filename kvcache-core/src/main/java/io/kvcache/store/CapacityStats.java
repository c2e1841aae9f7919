package io.kvcache.store;

import java.util.OptionalLong;

/**
 * What a store knows and does about its budget, since it was opened.
 *
 * @param budgetBytes what the directory may hold
 * @param highBytes where eviction begins
 * @param lowBytes where it ends
 * @param usageBytes what the directory held at the last scan, whoever wrote it, of each file its
 *     size or what is allocated for it if that is more; and what this store was allowed to write
 *     since, by size; empty until the first scan ends
 * @param owners open stores on the directory that were alive at the last scan, this one included
 * @param scans scans that ended
 * @param failedScans scans that learned nothing
 * @param lastScanEntries entries that the last one came across
 * @param lastScanMillis how long it took, eviction included
 * @param evictions scans that found more than the high watermark and removed something
 * @param evictedImages images that this store removed
 * @param evictedBytes bytes of those
 * @param orphansRemoved files of dead owners that this store removed
 * @param foreign entries in the directory at the last scan that are not ours; left alone, and no
 *     part of the usage
 * @param failed directories that the last scan could not list, and files it could not remove
 * @param declinedByBudget writes declined because of the budget
 */
public record CapacityStats(
    long budgetBytes,
    long highBytes,
    long lowBytes,
    OptionalLong usageBytes,
    int owners,
    long scans,
    long failedScans,
    long lastScanEntries,
    long lastScanMillis,
    long evictions,
    long evictedImages,
    long evictedBytes,
    long orphansRemoved,
    long foreign,
    long failed,
    long declinedByBudget) {}
