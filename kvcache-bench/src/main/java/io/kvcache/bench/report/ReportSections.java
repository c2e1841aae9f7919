package io.kvcache.bench.report;

import java.util.List;

/** All sections, in the order of the report: the one place to add one. */
public final class ReportSections {
  private ReportSections() {}

  /** The sections. */
  public static List<ReportSection> all() {
    return List.of(
        new ChunkIoSection(),
        new FindingCostSection(),
        new EvictorSection(),
        new TtftSection(),
        new SimulateSection(),
        new SeedsSection(),
        new ModelsSection());
  }
}
