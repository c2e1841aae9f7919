package io.kvcache.bench.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScenarioFileTest {
  private static final String TEXT =
      """
      {"nodes": 2, "accelerators_per_node": 1, "cost": {"kv_bytes_per_token": 1},
       "dram": {"bytes": 1000}, "filesystem": {"capacity_bytes": 5000},
       "workload": {"requests": 3, "requests_per_second": 1, "prefixes": 1, "prefix_tokens": 10,
                    "question_tokens": 1, "output_tokens": 1},
       "variants": {"small": {"filesystem": null}, "large": {"dram": {"bytes": 2000}, "nodes": 3}}}
      """;

  private static ScenarioFile file() {
    return ScenarioFile.parse("s", TEXT);
  }

  @Test
  void aVariantChangesWhatItNamesAndNullTakesAway() {
    List<ScenarioFile.Variant> variants = file().variants();
    assertEquals(List.of("small", "large"), variants.stream().map(v -> v.name()).toList());
    Scenario small = variants.get(0).scenario();
    Scenario large = variants.get(1).scenario();
    assertNull(small.filesystem());
    assertEquals(1_000, small.dram().bytes());
    assertEquals(2_000, large.dram().bytes());
    assertEquals(5_000, large.filesystem().capacityBytes());
    assertEquals(3, large.nodes());
  }

  @Test
  void theExampleOfTheDocumentationIsAScenario() throws IOException {
    String page = Files.readString(Path.of("../docs/scenarios.md"));
    String example = page.split("```json\n", 2)[1].split("```", 2)[0];
    List<ScenarioFile.Variant> variants = ScenarioFile.parse("scenarios.md", example).variants();
    assertEquals(List.of("dram", "dram+filesystem"), variants.stream().map(v -> v.name()).toList());
  }

  @Test
  void settingsReachEveryVariantOrOne() {
    List<ScenarioFile.Variant> variants =
        file()
            .with("workload.zipf", "0.5")
            .with("routing.kind", "random")
            .with("variants.large.nodes", "9")
            .variants();
    assertEquals(0.5, variants.get(0).scenario().workload().zipf());
    assertEquals(Scenario.Routing.Kind.RANDOM, variants.get(1).scenario().routing().kind());
    assertEquals(2, variants.get(0).scenario().nodes());
    assertEquals(9, variants.get(1).scenario().nodes());
  }

  @Test
  void everyShippedScenarioIsReadAndItsModelIsKnown() throws IOException {
    for (String name : ScenarioFile.shipped()) {
      for (ScenarioFile.Variant variant : ScenarioFile.open(name).variants()) {
        assertTrue(CostModels.shipped().of(variant.scenario()).kvBytesPerToken() > 0);
        assertTrue(!variant.scenario().assumptions().isEmpty(), name);
      }
    }
  }

  @Test
  void latentsThatEveryAcceleratorHoldsLeaveLessRoom() throws IOException {
    ScenarioFile guide = ScenarioFile.open("s1-guide").with("hbm", "{}");
    Scenario dense = guide.variants().get(0).scenario();
    Scenario latent = ScenarioFile.open("s0-deepseek-r1").variants().get(0).scenario();
    double four = CostModels.shipped().of(dense).kvSpaceBytes();
    double eight = CostModels.shipped().of(latent).kvSpaceBytes();
    assertTrue(four > 1.2e11 && four < 1.6e11, "4 x 80 GB less 141 GB of weights: " + four);
    assertTrue(eight > 3e10 && eight < 6e10, "of one H200 less its weights: " + eight);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nodes | 0 | s, variant small: nodes is 0: at least 1",
        "nodes | null | nodes is missing",
        "nodes | many | s, variant small: field nodes: a whole number",
        "nodes | 1.5 | s, variant small: field nodes",
        "nodes | [] | s, variant small: field nodes: a whole number",
        "node | 1 | field node is unknown: one of accelerator, accelerators_per_node, assumptions",
        "dram.bytes | -5 | dram.bytes is -5.0: more than 0",
        "variants.small | 5 | variant small is 5: an object",
        "variants | {} | variants is {}",
        "workload | null | workload is missing",
        "workload.hit_share | 1.5 | workload.hit_share is 1.5: 0 to 1",
        "workload.requests_per_second | 0 | workload.requests_per_second is 0.0: more than 0",
        "workload.concurrency | 3 | requests_per_second and concurrency: one of them",
        "workload.trace | f | fields of the other kind",
        "routing.kind | best | field routing.kind",
        "warm_up | 1 | warm_up is 1.0: a share, less than 1",
        "filesystem.x | 1 | field filesystem.x",
        "nodes.x | 1 | nodes is 2, which has no fields",
        "cost.decode_seconds | -1 | cost.decode_seconds is -1.0: 0 at least",
        "lookup_seconds | 1e400 | lookup_seconds is Infinity: a finite number",
        "cost.prefill_seconds | Infinity | cost.prefill_seconds is Infinity: a finite number",
        "workload.zipf | NaN | workload.zipf is NaN: a finite number",
        "dram.bytes | 1e400 | dram.bytes is Infinity: a finite number",
        "nodes | 2147483647 | nodes is 2147483647: at most 10000",
        "accelerators_per_node | 2000000000 | accelerators_per_node is 2000000000: at most 1024",
        "workload.requests | 2000000000 | workload.requests is 2000000000: at most 10000000",
        "workload.prefixes | 2000000000 | workload.prefixes is 2000000000: at most 10000000",
        "workload.prefix_tokens | 2147483647 | are 2147483649 together: at most 16777216",
      })
  void whatIsWrongIsNamedAsInTheFile(String path, String value, String message) {
    ScenarioFile file = file().with("variants.small", "{}");
    String said =
        assertThrows(IllegalArgumentException.class, () -> file.with(path, value).variants())
            .getMessage();
    assertTrue(said.contains(message), said);
  }

  @Test
  void aModelWithWindowOrStateLayersIsRefused() throws IOException {
    for (String model : List.of("gemma-3-27b", "qwen3.5-35b-a3b")) {
      Scenario scenario =
          ScenarioFile.open("s1-guide").with("model", model).variants().get(0).scenario();
      String said =
          assertThrows(IllegalArgumentException.class, () -> CostModels.shipped().of(scenario))
              .getMessage();
      assertTrue(
          said.contains("model " + model + " has layers that keep a window or a state"), said);
    }
  }

  @Test
  void zeroBandwidthIsRefused() {
    ScenarioFile file = file().with("filesystem.read_bytes_per_second", "0");
    String said = assertThrows(IllegalArgumentException.class, file::variants).getMessage();
    assertTrue(said.contains("filesystem.read_bytes_per_second is 0.0: more than 0"), said);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[] | f.json is no JSON object",
        "5 | f.json is no JSON object",
        "{ | f.json, line 1: no JSON: Unexpected end-of-input",
        "{} 5 | f.json, line 1: something follows the end of its JSON",
        "{@\"nodes\": 1,@\"nodes\": 2} | f.json, line 3: no JSON: Duplicate field 'nodes'",
        "{\"variants\": {\"a\": {}, \"a\": {}}} | f.json, line 1: no JSON: Duplicate field 'a'",
      })
  void aFileThatIsNoScenarioIsRefused(String text, String message) {
    String said =
        assertThrows(
                IllegalArgumentException.class,
                () -> ScenarioFile.parse("f.json", text.replace('@', '\n')))
            .getMessage();
    assertTrue(said.contains(message), said);
    assertEquals(1, said.lines().count(), said);
    assertFalse(said.contains("jackson") || said.contains("Source"), said);
  }

  @Test
  void anUnknownNameIsRefusedWithThoseThatThereAre() {
    String said =
        assertThrows(IllegalArgumentException.class, () -> ScenarioFile.open("s9")).getMessage();
    assertTrue(said.contains("s9: neither a file nor one of") && said.contains("s1-llm-d"), said);
  }
}
