package io.kvcache.bench.seeds;

import io.kvcache.bench.sim.SimResult;
import java.util.function.ToDoubleBiFunction;

/** What of ours a claim is compared with. Reductions, gains and savings are in percent. */
enum Metric {
  TTFT_REDUCTION((before, after) -> reduction(before.ttft().mean(), after.ttft().mean())),
  LATENCY_REDUCTION((before, after) -> reduction(before.latency().mean(), after.latency().mean())),
  THROUGHPUT_GAIN((before, after) -> -reduction(tokens(before), tokens(after))),
  TTFT_BEFORE((before, after) -> before.ttft().mean()),
  TTFT_AFTER((before, after) -> after.ttft().mean()),
  THROUGHPUT_BEFORE((before, after) -> tokens(before)),
  THROUGHPUT_AFTER((before, after) -> tokens(after)),
  HIT_RATIO((before, after) -> 100 * after.hitRatio()),
  IO_THREADS(Work.MEASURED),
  KV_IN_ALL(Work.MODELLED),
  HOST_MEMORY(Work.MODELLED),
  HBM(Work.MODELLED),
  MACHINES(Work.SIMULATED),
  COST_SAVING(Work.SIMULATED),
  ACCELERATOR_SAVING(Work.SIMULATED),
  LONG_PREFILL(Work.MODELLED),
  RESTORE_REDUCTION(Work.MEASURED),
  RESTORE_SPEEDUP(Work.MEASURED),
  BYTES_PER_TOKEN(Work.MODELLED),
  COST_FACTOR(Work.MODELLED),
  DRAM_OVER_FILESYSTEM(Work.MODELLED),
  DRAM_CAPITAL(Work.MODELLED);

  /** How ours is found, from what takes no time to what takes minutes. */
  enum Work {
    MODELLED,
    MEASURED,
    SIMULATED
  }

  private final Work work;
  private final ToDoubleBiFunction<SimResult, SimResult> simulated;

  Metric(Work work) {
    this.work = work;
    simulated = null;
  }

  Metric(ToDoubleBiFunction<SimResult, SimResult> simulated) {
    work = Work.SIMULATED;
    this.simulated = simulated;
  }

  Work work() {
    return work;
  }

  double of(SimResult before, SimResult after) {
    return simulated.applyAsDouble(before, after);
  }

  static double tokens(SimResult result) {
    return result.inputTokensPerSecond() + result.outputTokensPerSecond();
  }

  private static double reduction(double before, double after) {
    return 100 * (1 - after / before);
  }
}
