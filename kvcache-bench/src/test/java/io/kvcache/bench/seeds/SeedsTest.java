package io.kvcache.bench.seeds;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.sim.CostModels;
import io.kvcache.bench.sim.ScenarioFile;
import io.kvcache.bench.sim.SimResult;
import io.kvcache.bench.sim.Simulation;
import io.kvcache.bench.tco.Prices;
import io.kvcache.bench.tco.TcoModel;
import io.kvcache.bench.ttft.TtftTrial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SeedsTest {
  private static final String BANDWIDTH = "filesystem.read_bytes_per_second";

  @TempDir Path folder;

  private Path scenario;

  @BeforeEach
  void writeScenario() throws IOException {
    scenario = folder.resolve("small.json");
    Files.writeString(
        scenario,
        """
        {"nodes": 1, "accelerators_per_node": 1, "model": "llama-3.1-8b", "accelerator": "h100",
         "hbm": {"cache": false},
         "dram": {"bytes": 1e10},
         "filesystem": {"capacity_bytes": 1e12, "read_bytes_per_second": 1e11},
         "workload": {"requests": 200, "concurrency": 2, "prefixes": 20, "prefix_tokens": 20000,
                      "question_tokens": 100, "output_tokens": 1, "stored": true},
         "variants": {"dram": {"filesystem": null}, "dram+filesystem": {}}}
        """);
  }

  private SourceDocument document(double claimed, double from, double to) {
    Claim claim =
        new Claim(
            "X1",
            "TTFT",
            "lower TTFT",
            claimed,
            "%",
            false,
            Metric.TTFT_REDUCTION,
            new Suspect(BANDWIDTH, from, to),
            List.of());
    return new SourceDocument(
        "X", "a text", scenario.toString(), null, null, null, 0, null, List.of(), List.of(claim));
  }

  private Seeds.Found rows(SourceDocument document, TtftTrial.Watch watch)
      throws IOException, InterruptedException {
    return new Seeds(
            Catalogue.models(),
            Catalogue.accelerators(),
            new TcoModel(Prices.shipped()),
            1,
            Optional.empty(),
            0,
            new HashMap<>(),
            watch)
        .rows(List.of(document), id -> true);
  }

  private SeedRow row(SourceDocument document) throws IOException, InterruptedException {
    Seeds.Found found = rows(document, (phase, total) -> RunWatch.NONE);
    assertTrue(found.complete());
    assertEquals(1, found.rows().size());
    return found.rows().get(0);
  }

  /** In percent, with that value and everything else as it is. */
  private double reductionWith(String bandwidth) throws IOException {
    double[] ttft = new double[2];
    List<ScenarioFile.Variant> variants =
        ScenarioFile.open(scenario.toString()).with(BANDWIDTH, bandwidth).variants();
    for (int i = 0; i < 2; i++) {
      SimResult result =
          new Simulation(
                  variants.get(i).scenario(),
                  CostModels.shipped().of(variants.get(i).scenario()),
                  1)
              .run(done -> true);
      ttft[i] = result.ttft().mean();
    }
    return 100 * (1 - ttft[1] / ttft[0]);
  }

  @Test
  void theValueThatIsNamedMakesTheRowWhatIsClaimedWithEverythingElseUnchanged() throws Exception {
    SeedRow row = row(document(30, 1e8, 1e12));
    assertFalse(row.reached(), row::toString);
    Matcher said =
        Pattern.compile(
                BANDWIDTH
                    + " is 1.00e\\+11; with (\\S+), everything else unchanged, this row is (\\S+)"
                    + " %.*")
            .matcher(row.prevents());
    assertTrue(said.matches(), row.prevents());
    double there = reductionWith(said.group(1));
    assertEquals(30, there, 30 * 0.25);
    assertEquals(there, Double.parseDouble(said.group(2)), 0.051);
  }

  @Test
  void whereNoValueIsEnoughThatIsWhatIsSaid() throws Exception {
    String prevents = row(document(30, 5e10, 1e12)).prevents();
    assertTrue(prevents.contains("between 5.00e+10 and 1.00e+12 found no value"), prevents);
  }

  @Test
  void nothingIsTriedForARowThatIsNearEnough() throws Exception {
    double ours = row(document(30, 1e8, 1e12)).ours();
    SeedRow near = row(document(ours * 1.1, 1e8, 1e12));
    assertTrue(near.reached());
    assertNull(near.prevents());
  }

  @Test
  void aRunThatIsEndedHasTheRowsBeforeAndSaysThatItIsNotComplete() throws Exception {
    Seeds.Found found = rows(document(30, 1e8, 1e12), (phase, total) -> done -> false);
    assertFalse(found.complete());
    assertEquals(List.of(), found.rows());
  }

  @Test
  void whatTakesNoTimeIsFoundFirstThoughItStandsLast() throws Exception {
    Claim simulated = document(30, 1e8, 1e12).claims().get(0);
    Claim modelled =
        new Claim("X2", "HBM", "memory", 640, "GB", false, Metric.HBM, null, List.of());
    SourceDocument both =
        new SourceDocument(
            "X",
            "a text",
            scenario.toString(),
            null,
            "h100",
            null,
            8,
            null,
            List.of(),
            List.of(simulated, modelled));
    Seeds.Found ended = rows(both, (phase, total) -> done -> false);
    assertEquals(List.of("X2"), ended.rows().stream().map(SeedRow::id).toList());
    Seeds.Found whole = rows(both, (phase, total) -> RunWatch.NONE);
    assertEquals(List.of("X1", "X2"), whole.rows().stream().map(SeedRow::id).toList());
  }

  @Test
  void aRowIsKeptIfTheRunIsEndedWhileItsConstantIsLookedFor() throws Exception {
    int[] phases = new int[1];
    Seeds.Found found =
        rows(
            document(30, 1e8, 1e12),
            (phase, total) -> {
              boolean first = phases[0]++ == 0;
              return done -> first;
            });
    assertFalse(found.complete());
    assertEquals(1, found.rows().size());
    assertTrue(found.rows().get(0).prevents().startsWith("the run was ended while " + BANDWIDTH));
  }
}
