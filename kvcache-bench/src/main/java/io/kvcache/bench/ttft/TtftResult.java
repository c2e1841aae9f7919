package io.kvcache.bench.ttft;

import io.kvcache.spi.IoMode;
import java.util.List;
import java.util.Optional;

/**
 * What a run found.
 *
 * @param scenario what it stands for
 * @param before what the directory read before the run: k is made of it
 * @param during what it read between requests of the run; empty if nobody asked
 * @param scale k
 * @param layout what was stored
 * @param mode how bytes reached the disk
 * @param notCold why reads were not cold, if they were not
 * @param verifiedBytes bytes of the prompt that came back from files and were compared
 * @param wrongBytes bytes of those that were wrong
 * @param rounds rounds that were measured whole
 * @param rows by tier, then reuse; none if not one round was whole
 */
public record TtftResult(
    TtftScenario scenario,
    DirectoryBandwidth before,
    Optional<DirectoryBandwidth> during,
    BandwidthScale scale,
    ScaledLayout layout,
    IoMode mode,
    Optional<String> notCold,
    long verifiedBytes,
    long wrongBytes,
    int rounds,
    List<TtftRow> rows) {
  public TtftResult {
    rows = List.copyOf(rows);
  }
}
