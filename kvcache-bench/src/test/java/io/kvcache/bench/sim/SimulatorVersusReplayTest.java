package io.kvcache.bench.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvcache.bench.replay.Outputs;
import io.kvcache.bench.replay.Replay;
import io.kvcache.bench.replay.ReplayResult;
import io.kvcache.bench.replay.ReplayTarget;
import io.kvcache.bench.replay.Trace;
import io.kvcache.bench.replay.TraceFile;
import io.kvcache.tier.LruPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimulatorVersusReplayTest {
  @TempDir Path folder;

  /** One node that serves one request after the other, as a replay does. */
  private static SimResult simulate(
      Path trace, int blockTokens, Outputs outputs, int dramBlocks, OptionalInt fileBlocks)
      throws IOException {
    String text =
        """
        {"nodes": 1, "accelerators_per_node": 1, "hbm": {"cache": false},
         "cost": {"prefill_seconds_per_token": 0.001, "decode_seconds": 0.001, "kv_bytes_per_token": 1},
         "dram": {"bytes": %d}, %s
         "workload": {"trace": "%s", "block_tokens": %d, "outputs": "%s", "concurrency": 1}}
        """
            .formatted(
                (long) dramBlocks * blockTokens,
                fileBlocks.isPresent()
                    ? "\"filesystem\": {\"capacity_bytes\": "
                        + (long) fileBlocks.getAsInt() * blockTokens
                        + ", \"read_bytes_per_second\": 1e6},"
                    : "",
                trace,
                blockTokens,
                outputs.name().toLowerCase(Locale.ROOT));
    Scenario scenario = ScenarioFile.parse("replay", text).variants().get(0).scenario();
    return new Simulation(scenario, scenario.cost().cost(), 1).run(done -> true);
  }

  private static ReplayResult replay(
      Trace trace, Outputs outputs, int dramBlocks, OptionalInt fileBlocks) {
    Replay replay = new Replay(trace, outputs, 0, trace.size());
    try (ReplayTarget target = replay.policyOnly(dramBlocks, fileBlocks, LruPolicy::new)) {
      return replay.run(target, served -> true);
    }
  }

  @ParameterizedTest
  @CsvSource({"5,0,NONE,1", "40,0,INFER,2", "40,60,INFER,3", "1,30,NONE,4", "40,3,INFER,5"})
  void oneNodeHasExactlyTheHitsOfAReplay(int dram, int files, Outputs outputs, long seed)
      throws IOException {
    TraceFile file = TraceFile.random(seed, 400);
    OptionalInt fileBlocks = files == 0 ? OptionalInt.empty() : OptionalInt.of(files);
    ReplayResult expected = replay(file.read(folder), outputs, dram, fileBlocks);
    SimResult result = simulate(file.write(folder), TraceFile.BLOCK, outputs, dram, fileBlocks);
    assertEquals(expected.hitRatio(), result.hitRatio());
    assertEquals(expected.dramHitRatio(), result.dramHitRatio());
    assertEquals(expected.fileWrites() * (double) TraceFile.BLOCK, result.bytesWritten());
    assertTrue(result.hitRatio() > 0);
  }

  private static Path realTrace() {
    String folder = System.getProperty("kvcache.testdata", "");
    Path file = Path.of(folder, "traces", "conversation-first-half.jsonl");
    assumeTrue(
        !folder.isEmpty() && Files.exists(file),
        "no " + file + ": name the folder of test data with -Dkvcache.testdata=DIR");
    return file;
  }

  @Test
  void ofARealTraceToo() throws IOException {
    Path file = realTrace();
    SimResult result = simulate(file, 512, Outputs.NONE, 9_417, OptionalInt.empty());
    assertEquals(
        replay(Trace.read(file, 512), Outputs.NONE, 9_417, OptionalInt.empty()).hitRatio(),
        result.hitRatio());
    assertEquals(0.20884, result.hitRatio(), 0.000005);
  }

  @Test
  @Timeout(60)
  void sixNodesServeAnHourOfATraceInLessThanAMinute() throws IOException {
    ScenarioFile file = ScenarioFile.open("trace").withTrace(realTrace());
    Scenario scenario = file.variants().get(3).scenario();
    SimResult result =
        new Simulation(scenario, CostModels.shipped().of(scenario), 1).run(done -> true);
    assertEquals(6, scenario.nodes());
    assertTrue(result.seconds() > 3_300, "an hour less the warm-up: " + result.seconds());
    assertTrue(result.filesystemHitRatio() > 0);
  }
}
