package io.kvcache.store;

/**
 * How busy and how well the I/O threads of a store are. Gauges are of the moment, counters since
 * the store was opened. A breaker is {@code CLOSED} when all is well, {@code OPEN} while calls are
 * answered without touching the filesystem, {@code HALF_OPEN} while one call tries it.
 *
 * @param queuedDemand lookups and reads that requests wait for and no thread has begun
 * @param queuedPrefetch reads that nobody waits for yet
 * @param queuedWrites writes, stamps and other background work that no thread has begun
 * @param queuedBytes bytes of writes that have not ended
 * @param readBytesInFlight bytes of reads under way
 * @param running threads in calls under way, those that hang not counted
 * @param hung threads in calls that were abandoned and have not returned, each of which holds its
 *     buffer; a call in pieces may hold several
 * @param abandoned calls that ran past the I/O timeout
 * @param droppedWrites writes declined because too many bytes, or too much work, waited
 * @param droppedBackground stamps and other background work dropped because too much waited
 * @param cancelled calls taken out of the queue
 * @param lookupBreaker state of the breaker for lookups
 * @param readBreaker state of the breaker for reads
 * @param writeBreaker state of the breaker for writes
 * @param breakerTrips how often any of them opened
 * @param averageWriteNanos moving average of what one write takes, of all threads that work on it
 */
public record IoStats(
    int queuedDemand,
    int queuedPrefetch,
    int queuedWrites,
    long queuedBytes,
    long readBytesInFlight,
    int running,
    int hung,
    long abandoned,
    long droppedWrites,
    long droppedBackground,
    long cancelled,
    String lookupBreaker,
    String readBreaker,
    String writeBreaker,
    long breakerTrips,
    long averageWriteNanos) {}
