package io.kvcache.bench.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SimulationTest {
  private static final long SEED = 11;

  /**
   * A node whose prompts of 1,000 tokens take a second, in chunks of 100 tokens and 1,000 bytes.
   */
  private static final String BASE =
      """
      {"nodes": 1, "accelerators_per_node": 1, "chunk_tokens": 100, "hbm": {"cache": false},
       "cost": {"prefill_seconds_per_token": 0.001, "kv_bytes_per_token": 10},
       "batch": {"step_tokens": 0},
       "workload": {"requests": 400, "requests_per_second": 0.6, "prefixes": 20, "prefix_tokens": 900,
                    "question_tokens": 100, "output_tokens": 1}}
      """;

  /** Three nodes with everything, decoding too, under some load. */
  private static final String CLUSTER =
      """
      {"nodes": 3, "accelerators_per_node": 2, "chunk_tokens": 100, "lookup_seconds": 0.01,
       "cost": {"prefill_seconds": 0.01, "prefill_seconds_per_token": 0.001,
                "prefill_seconds_per_token_pair": 1e-7, "decode_seconds": 0.01,
                "decode_seconds_per_sequence": 0.001, "decode_seconds_per_context_token": 1e-7,
                "kv_bytes_per_token": 10},
       "hbm": {"kv_bytes": 100000},
       "dram": {"bytes": 150000, "link_bytes_per_second": 200000},
       "filesystem": {"capacity_bytes": 400000, "read_bytes_per_second": 50000,
                      "write_bytes_per_second": 30000, "node_bytes_per_second": 25000,
                      "request_seconds": 0.02},
       "batch": {"step_tokens": 300},
       "workload": {"requests": 1500, "requests_per_second": 3.5, "prefixes": 60, "zipf": 0.6,
                    "prefix_tokens": 900, "question_tokens": 120, "output_tokens": 30}}
      """;

  private static ScenarioFile base(String... settings) {
    return with(ScenarioFile.parse("base", BASE), settings);
  }

  private static ScenarioFile cluster(String... settings) {
    return with(ScenarioFile.parse("cluster", CLUSTER), settings);
  }

  private static ScenarioFile with(ScenarioFile file, String... settings) {
    ScenarioFile changed = file;
    for (String setting : settings) {
      int equals = setting.indexOf('=');
      changed = changed.with(setting.substring(0, equals), setting.substring(equals + 1));
    }
    return changed;
  }

  private static SimResult run(ScenarioFile file) throws IOException {
    return run(file, SEED);
  }

  private static SimResult run(ScenarioFile file, long seed) throws IOException {
    Scenario scenario = file.variants().get(0).scenario();
    return new Simulation(scenario, scenario.cost().cost(), seed).run(done -> true);
  }

  @Test
  void oneRequestAloneTakesItsLookUpItsLoadAndItsPrefill() throws IOException {
    SimResult result =
        run(
            base(
                "workload.requests=1",
                "workload.stored=true",
                "lookup_seconds=0.25",
                "filesystem={\"capacity_bytes\": 1e9, \"read_bytes_per_second\": 4500,"
                    + " \"node_bytes_per_second\": 1800, \"request_seconds\": 0.5}"));
    // 9 chunks of 1,000 bytes at a node's 1,800 bytes per second; then 100 new tokens.
    assertEquals(0.25 + 0.5 + 9_000 / 1_800.0 + 0.1, result.ttft().mean(), 1e-9);
    assertEquals(0.9, result.filesystemHitRatio(), 1e-12);
    assertEquals(9_000, result.bytesRead(), 1e-6);
  }

  @Test
  void fromHostMemoryItTakesItsLookUpItsCopyAndItsPrefill() throws IOException {
    SimResult result =
        run(
            base(
                "workload.requests=1",
                "workload.stored=true",
                "lookup_seconds=0.25",
                "dram={\"bytes\": 1e9, \"link_bytes_per_second\": 4500}"));
    assertEquals(0.25 + 2 + 0.1, result.ttft().mean(), 1e-9);
    assertEquals(0.9, result.dramHitRatio(), 1e-12);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 64, 1_000, 8_192})
  void pieceByPieceAPrefillTakesAsLongAsWhole(int stepTokens) throws IOException {
    SimResult result =
        run(
            base(
                "workload.requests=1",
                "cost.prefill_seconds=0.125",
                "cost.prefill_seconds_per_token_pair=1e-6",
                "batch.step_tokens=" + stepTokens));
    assertEquals(0.125 + 1 + 0.5, result.ttft().mean(), 1e-9);
  }

  @Test
  void whatIsExpandedForAPieceIsExpandedAgainForTheNext() throws IOException {
    Scenario scenario =
        base("workload.requests=1", "batch.step_tokens=250").variants().get(0).scenario();
    ServingCost linear = scenario.cost().cost();
    ServingCost latent =
        new ServingCost(
            (n, reused) -> 0.125 + (n == 0 ? 0 : 0.001 * n + 0.0001 * reused),
            linear.decode(),
            linear.kvBytesPerToken(),
            linear.kvSpaceBytes(),
            linear.hostBytesPerSecond(),
            "latents");
    SimResult result = new Simulation(scenario, latent, SEED).run(done -> true);
    double expanded = 0.0001 * (250 + 500 + 750);
    assertEquals(0.125 + 1 + expanded, result.ttft().mean(), 1e-9);
  }

  @Test
  void outputTakesADecodeStepForEachTokenButTheFirst() throws IOException {
    SimResult result =
        run(
            base(
                "workload.requests=1",
                "workload.output_tokens=11",
                "cost.decode_seconds=0.1",
                "cost.decode_seconds_per_context_token=0.001"));
    assertEquals(1, result.ttft().mean(), 1e-9);
    // Contexts 1,000 to 1,009.
    assertEquals(1 + 10 * 0.1 + 10_045 * 0.001, result.latency().mean(), 0.01);
  }

  @Test
  void everyRequestEndsOnceAndLittlesLawHolds() throws IOException {
    SimResult result = run(cluster());
    assertEquals(1_500, result.requests());
    assertEquals(0, result.refused());
    double inSystem = result.requestsPerSecond() * result.latency().mean();
    assertEquals(inSystem, result.meanInSystem(), 1e-9 * inSystem);
    assertTrue(result.hbmHitRatio() > 0 && result.dramHitRatio() > 0, result::toString);
    assertTrue(result.filesystemHitRatio() > 0 && result.hitRatio() < 0.9, result::toString);
  }

  @Test
  void aRequestThatNeverFitsIsRefusedAndTheOthersGoOn() throws IOException {
    SimResult result = run(cluster("hbm.kv_bytes=9000"));
    assertEquals(1_500, result.refused());
    assertEquals(0, result.requests());
  }

  @Test
  void acceleratorsWorkTheShareOfTheTimeThatTheWorkNeeds() throws IOException {
    SimResult result = run(base());
    assertEquals(400, result.utilisation() * result.seconds(), 1e-6, "a second each");
    assertEquals(result.gpuHours() * result.utilisation(), result.busyGpuHours(), 1e-9);
  }

  @Test
  void waitsAreThoseOfAQueueWithPoissonArrivalsAndConstantService() throws IOException {
    SimResult result = run(base("workload.requests=100000", "workload.requests_per_second=0.7"));
    double wait = 0.7 / (2 * (1 - 0.7));
    assertEquals(1 + wait, result.ttft().mean(), 0.03 * (1 + wait));
  }

  @Test
  void theFilesystemNeverReadsFasterThanItsLimit() throws IOException {
    SimResult result = run(cluster());
    assertTrue(result.peakReadBytesPerSecond() <= 50_000 * (1 + 1e-12), result::toString);
    assertTrue(result.bytesRead() <= 50_000 * result.seconds(), result::toString);
    assertTrue(result.bytesWritten() <= 30_000 * result.seconds(), result::toString);
  }

  @Test
  void noFilesystemIsBetterThanAnInfinitelyFastOne() throws IOException {
    SimResult limit =
        run(
            cluster(
                "filesystem.read_bytes_per_second=null",
                "filesystem.node_bytes_per_second=null",
                "filesystem.write_bytes_per_second=null",
                "filesystem.request_seconds=0",
                "routing.kind=random"));
    for (int rate : List.of(10_000, 50_000, 1_000_000)) {
      SimResult result =
          run(cluster("filesystem.read_bytes_per_second=" + rate, "routing.kind=random"));
      assertTrue(limit.ttft().mean() <= result.ttft().mean(), rate + ": " + result + limit);
    }
  }

  @Test
  void oneSeedGivesOneResultAndAnotherSeedAnother() throws IOException {
    assertEquals(run(cluster()), run(cluster()));
    assertNotEquals(run(cluster()), run(cluster(), SEED + 1));
    String random = "routing.kind=random";
    assertEquals(run(cluster(random)), run(cluster(random)));
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3"})
  void byPrefixMoreIsFoundInMemoryThanByChance(long seed) throws IOException {
    SimResult prefix = run(cluster(), seed);
    SimResult random = run(cluster("routing.kind=random"), seed);
    assertTrue(
        prefix.hbmHitRatio() + prefix.dramHitRatio() > random.hbmHitRatio() + random.dramHitRatio(),
        () -> prefix + " " + random);
  }

  @Test
  void twoThatAskForTheSameAtOnceShareOneRead() throws IOException {
    SimResult result =
        run(
            base(
                "workload.requests=2",
                "workload.prefixes=1",
                "workload.requests_per_second=1000",
                "workload.stored=true",
                "dram={\"bytes\": 1e9}",
                "filesystem={\"capacity_bytes\": 1e9, \"read_bytes_per_second\": 1000}",
                // Stored only in the filesystem: the node that stored it is the other one.
                "nodes=2",
                "routing.prefix_weight=0"));
    assertTrue(result.bytesRead() <= 9_000, result::toString);
  }

  @Test
  void aBatchIsBoundedByTheAcceleratorsMemory() throws IOException {
    String[] decoding = {
      "workload.output_tokens=101", "cost.decode_seconds=0.01", "cost.prefill_seconds_per_token=0"
    };
    SimResult one =
        run(
            with(
                base(decoding),
                "hbm.kv_bytes=12000",
                "workload.concurrency=8",
                "workload.requests_per_second=null"));
    SimResult four =
        run(
            with(
                base(decoding),
                "hbm.kv_bytes=48000",
                "workload.concurrency=8",
                "workload.requests_per_second=null"));
    assertEquals(1, one.requestsPerSecond(), 0.01, "100 steps of 10 ms, alone");
    assertEquals(4, four.requestsPerSecond(), 0.1);
  }

  @Test
  void whereTwoEndInOneStepAndOneIsLeftToComeItComesOnce() throws IOException {
    SimResult result =
        run(
            base(
                "workload.requests=5",
                "workload.concurrency=2",
                "workload.requests_per_second=null",
                "batch.step_tokens=8192"));
    assertEquals(5, result.requests());
  }

  @Test
  void anEarlyEndLeavesWhatWasMeasured() throws IOException {
    Scenario scenario = cluster().variants().get(0).scenario();
    List<Integer> told = new ArrayList<>();
    SimResult result =
        new Simulation(scenario, scenario.cost().cost(), SEED)
            .run(
                done -> {
                  told.add(done);
                  return done < 100;
                });
    assertTrue(result.requests() >= 100 && result.requests() < 110, result::toString);
    assertFalse(told.isEmpty());
    assertTrue(result.ttft().mean() > 0);
  }

  /** A node with 1,000 bytes in a chunk of ten tokens, that serves a trace. */
  private static final String TRACED =
      """
      {"nodes": 1, "accelerators_per_node": 1,
       "cost": {"prefill_seconds_per_token": 0.001, "decode_seconds": 0.01, "kv_bytes_per_token": 100},
       "hbm": {"kv_bytes": 1e7, "cache": false},
       "workload": {"block_tokens": 10, "outputs": "infer"}}
      """;

  @TempDir Path folder;

  private SimResult run(List<String> trace, String... settings) throws IOException {
    Path file = Files.write(folder.resolve("trace.jsonl"), trace);
    return run(with(ScenarioFile.parse("traced", TRACED), settings).withTrace(file));
  }

  private static String line(int millis, IntStream blocks) {
    int[] ids = blocks.toArray();
    return "{\"timestamp\": %d, \"input_length\": %d, \"output_length\": 1, \"hash_ids\": %s}"
        .formatted(millis, 10 * ids.length, Arrays.toString(ids));
  }

  @Test
  void aPromptIsInTheFilesystemOnceItsWriteIsThrough() throws IOException {
    String files = "filesystem={\"capacity_bytes\": 1e9, \"write_bytes_per_second\": 100}";
    String first = line(0, IntStream.range(0, 100));
    // 100 chunks of 1,000 bytes at 100 bytes per second.
    String before = line(999_000, IntStream.range(0, 100));
    String after = line(1_002_000, IntStream.range(0, 100));
    assertEquals(0, run(List.of(first, before), files).filesystemHitRatio());
    assertEquals(0.5, run(List.of(first, after), files).filesystemHitRatio());
  }

  @Test
  void whatIsReusedWasInMemoryOrWasRead() throws IOException {
    ScenarioFile file =
        ScenarioFile.open("s1-guide")
            .with("variants", "{\"files alone\": {\"dram\": null}}")
            .with("workload.requests", "1000");
    Scenario scenario = file.variants().get(0).scenario();
    ServingCost cost = CostModels.shipped().of(scenario);
    SimResult result = new Simulation(scenario, cost, 1).run(done -> true);
    assertEquals(0, result.dramHitRatio(), "there is no host memory");
    double prompts = result.inputTokensPerSecond() * result.seconds();
    double reused = result.filesystemHitRatio() * prompts * cost.kvBytesPerToken();
    assertTrue(reused > 0 && reused <= result.bytesRead() * (1 + 1e-9), result::toString);
  }

  @Test
  void aRefusedRequestLeavesHostMemoryToTheOthersAndReadsNothing() throws IOException {
    String[] settings = {
      "hbm.kv_bytes=20000",
      "dram={\"bytes\": 15000}",
      "filesystem={\"capacity_bytes\": 1e6, \"read_bytes_per_second\": 1e9}",
      "workload.outputs=none"
    };
    List<String> trace = new ArrayList<>();
    trace.add(line(20_000, IntStream.range(0, 12)));
    IntStream.range(1, 11)
        .forEach(i -> trace.add(line(20_000 + 1_000 * i, IntStream.range(500, 512))));
    SimResult without = run(trace, settings);
    IntStream tooLong = IntStream.concat(IntStream.range(0, 12), IntStream.range(2_000, 2_100));
    trace.add(1, line(20_500, tooLong));
    SimResult with = run(trace, settings);
    assertEquals(1, with.refused());
    assertEquals(without.dramHitRatio(), with.dramHitRatio());
    assertEquals(without.bytesRead(), with.bytesRead());
  }
}
