package io.kvcache.store;

/**
 * One pass over a directory. Bytes are physical.
 *
 * @param scanned images that were there
 * @param deleted images that this pass removed, or would have removed
 * @param bytesFreed bytes of those
 * @param usageBefore bytes of all our files when it began, temporary ones included
 * @param usageAfter bytes of all our files when it ended, as far as it saw
 * @param dryRun whether nothing was touched
 * @param spared images that were used between the scan and their turn, and so stayed
 * @param gone images that others removed before their turn came
 * @param orphansRemoved temporary files of dead owners, and files of such owners, that were or
 *     would have been removed
 * @param foreign entries that are not ours, and were left alone
 * @param failed directories that could not be listed, and files that could not be removed
 * @param complete false if it was cut short, since the store was closed
 */
public record EvictionReport(
    long scanned,
    long deleted,
    long bytesFreed,
    long usageBefore,
    long usageAfter,
    boolean dryRun,
    long spared,
    long gone,
    long orphansRemoved,
    long foreign,
    long failed,
    boolean complete) {}
