package io.kvcache.store;

import io.kvcache.StoreOutcome;
import io.kvcache.spi.IoMode;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/** What one open store counts. Thread-safe without locks. */
final class StoreCounters {
  final LongAdder reads = new LongAdder();
  final LongAdder bytesRead = new LongAdder();
  final LongAdder readNanos = new LongAdder();
  final LongAdder writes = new LongAdder();
  final LongAdder bytesWritten = new LongAdder();
  final LongAdder writeNanos = new LongAdder();
  final LongAdder existenceChecks = new LongAdder();
  final LongAdder missing = new LongAdder();
  final LongAdder corrupt = new LongAdder();
  final LongAdder readErrors = new LongAdder();
  final LongAdder stamps = new LongAdder();
  final LongAdder stampErrors = new LongAdder();
  final LongAdder temporariesLeft = new LongAdder();

  /** Directory entries that scans have come across, so far; no part of the statistics. */
  final LongAdder scannedEntries = new LongAdder();

  private final Map<StoreOutcome, LongAdder> declined = new EnumMap<>(StoreOutcome.class);

  StoreCounters() {
    for (StoreOutcome outcome : StoreOutcome.values()) {
      declined.put(outcome, new LongAdder());
    }
  }

  StoreOutcome declined(StoreOutcome reason) {
    declined.get(reason).increment();
    return reason;
  }

  long declines(StoreOutcome reason) {
    return declined.get(reason).sum();
  }

  StoreStats snapshot(IoMode mode, int workers, Optional<CapacityStats> capacity, IoStats io) {
    Map<StoreOutcome, Long> declines = new EnumMap<>(StoreOutcome.class);
    declined.forEach(
        (reason, count) -> {
          if (count.sum() > 0) {
            declines.put(reason, count.sum());
          }
        });
    return new StoreStats(
        mode.label(),
        mode.reason(),
        workers,
        reads.sum(),
        bytesRead.sum(),
        readNanos.sum(),
        writes.sum(),
        bytesWritten.sum(),
        writeNanos.sum(),
        existenceChecks.sum(),
        missing.sum(),
        corrupt.sum(),
        readErrors.sum(),
        declines,
        stamps.sum(),
        stampErrors.sum(),
        temporariesLeft.sum(),
        io.queuedBytes(),
        io.queuedDemand() + io.queuedPrefetch() + io.queuedWrites(),
        capacity,
        io);
  }
}
