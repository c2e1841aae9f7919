package io.kvcache.bench.report;

import io.kvcache.bench.sim.Scenario;
import io.kvcache.bench.sim.SimResult;
import io.kvcache.bench.ttft.TtftTrial;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What a section gets.
 *
 * @param directory exists; measurements make a folder of their own in it and remove it
 * @param quick whether seconds matter more than figures
 * @param watch hears what the section does and how far it is, and says whether to go on
 * @param simulated what sections simulated so far with the report's seed, shipped models and
 *     accelerators: the next that needs the same takes it
 */
public record ReportContext(
    Path directory, boolean quick, TtftTrial.Watch watch, Map<Scenario, SimResult> simulated) {
  static final long SEED = 1;

  /** With nothing simulated yet. */
  ReportContext(Path directory, boolean quick, TtftTrial.Watch watch) {
    this(directory, quick, watch, new HashMap<>());
  }

  /** The same, watched by another. */
  ReportContext watchedBy(TtftTrial.Watch other) {
    return new ReportContext(directory, quick, other, simulated);
  }
}
