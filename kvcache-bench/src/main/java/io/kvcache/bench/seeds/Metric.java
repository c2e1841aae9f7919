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
  IO_THREADS,
  KV_IN_ALL,
  HOST_MEMORY,
  HBM,
  MACHINES,
  COST_SAVING,
  ACCELERATOR_SAVING,
  LONG_PREFILL,
  RESTORE_REDUCTION,
  RESTORE_SPEEDUP,
  BYTES_PER_TOKEN,
  COST_FACTOR,
  DRAM_OVER_FILESYSTEM,
  DRAM_CAPITAL;

  private final ToDoubleBiFunction<SimResult, SimResult> simulated;

  Metric() {
    this(null);
  }

  Metric(ToDoubleBiFunction<SimResult, SimResult> simulated) {
    this.simulated = simulated;
  }

  /** Whether a scenario's two variants are all that it needs. */
  boolean isSimulated() {
    return simulated != null;
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
