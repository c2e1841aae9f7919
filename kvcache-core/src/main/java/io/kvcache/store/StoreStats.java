package io.kvcache.store;

import io.kvcache.StoreOutcome;
import java.util.Map;
import java.util.Optional;

/**
 * Counters of one open store since it was opened. Read without a lock: each is exact, together they
 * are of about the same moment.
 *
 * @param mode {@code DIRECT} or {@code BUFFERED}: how bytes really reach the disk
 * @param modeReason how that was found out, or why it is not direct
 * @param workers I/O threads at most
 * @param reads images read and verified
 * @param bytesRead bytes of those
 * @param readNanos thread time spent on those, checksums included
 * @param writes images written and published
 * @param bytesWritten bytes of those
 * @param writeNanos thread time spent on those, checksums included
 * @param existenceChecks files asked for by name without reading
 * @param missing reads of files that were not there
 * @param corrupt files proven wrong, and removed
 * @param readErrors reads and questions whether a file exists that failed and may work later
 * @param declined writes that did not happen, by reason
 * @param stamps modification times renewed after hits
 * @param stampErrors modification times that could not be renewed
 * @param temporariesLeft temporary files that could not be removed after a failed write
 * @param queuedBytes bytes waiting to be written now
 * @param queuedTasks tasks waiting for an I/O thread now
 * @param capacity usage and eviction, if the store has a budget
 * @param io the I/O threads: queues, calls that hang, breakers
 */
public record StoreStats(
    String mode,
    String modeReason,
    int workers,
    long reads,
    long bytesRead,
    long readNanos,
    long writes,
    long bytesWritten,
    long writeNanos,
    long existenceChecks,
    long missing,
    long corrupt,
    long readErrors,
    Map<StoreOutcome, Long> declined,
    long stamps,
    long stampErrors,
    long temporariesLeft,
    long queuedBytes,
    int queuedTasks,
    Optional<CapacityStats> capacity,
    IoStats io) {
  public StoreStats {
    declined = Map.copyOf(declined);
  }
}
