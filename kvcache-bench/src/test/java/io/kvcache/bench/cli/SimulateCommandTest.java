package io.kvcache.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvcache.bench.replay.TraceFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimulateCommandTest {
  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeFiles() throws IOException {
    TraceFile.random(3, 50).write(folder);
    Files.writeString(folder.resolve("damaged.jsonl"), "{\"timestamp\": 0,\n");
    String request =
        "{\"timestamp\": 0, \"input_length\": 9, \"output_length\": 1, \"hash_ids\": []}";
    Files.writeString(folder.resolve("short.jsonl"), request + "\n" + request + "\n");
    Files.write(
        folder.resolve("latin.jsonl"),
        List.of(request, request.replace("[]", "[], \"type\": \"é\"")),
        StandardCharsets.ISO_8859_1);
    Files.writeString(
        folder.resolve("own.json"),
        """
        {"nodes": 2, "accelerators_per_node": 1, "model": "llama-3.1-8b", "accelerator": "h100",
         "assumptions": ["an assumption"],
         "workload": {"requests": 60, "requests_per_second": 2, "prefixes": 5, "prefix_tokens": 9000,
                      "question_tokens": 100, "output_tokens": 20},
         "variants": {"none": {"hbm": {"cache": false}}, "dram": {"dram": {"bytes": 1e11}}}}
        """);
  }

  private int run(String options) {
    out.getBuffer().setLength(0);
    List<String> args = new ArrayList<>(List.of("simulate"));
    for (String option : options.strip().split(" ")) {
      args.add(option.replace("FOLDER", folder.toString()));
    }
    return Main.run(
        new PrintWriter(out, true), new PrintWriter(err, true), args.toArray(String[]::new));
  }

  private String json(String options) {
    assertEquals(0, run("--json " + options), err::toString);
    assertEquals(1, out.toString().lines().count());
    return out.toString();
  }

  @Test
  void aFileOfOnesOwnIsSimulatedWithItsVariants() throws IOException {
    JsonNode result = new ObjectMapper().readTree(json("--scenario FOLDER/own.json"));
    assertEquals("simulated", result.get("kind").textValue());
    assertEquals("an assumption", result.get("assumptions").get(0).textValue());
    assertTrue(result.get("complete").booleanValue());
    JsonNode none = result.get("variants").get(0);
    JsonNode dram = result.get("variants").get(1);
    assertEquals("dram", dram.get("name").textValue());
    assertEquals(60, dram.get("requests").intValue());
    assertEquals(0, none.get("hit_ratio").doubleValue());
    assertEquals(1, none.get("ratios").get("ttft_mean").doubleValue());
    double ratio =
        dram.get("ttft").get("mean").doubleValue() / none.get("ttft").get("mean").doubleValue();
    assertEquals(ratio, dram.get("ratios").get("ttft_mean").doubleValue(), 1e-12);
    assertTrue(ratio < 1, dram::toString);
  }

  @Test
  void twoRunsWithOneSeedAreTheSameByteForByte() {
    String options = "--scenario FOLDER/own.json --set routing.kind=random --seed 5";
    assertEquals(json(options), json(options));
  }

  @Test
  void aTraceReplacesTheRequests() throws IOException {
    String options =
        "--scenario FOLDER/own.json --trace FOLDER/trace.jsonl --set chunk_tokens=4"
            + " --set workload={\"block_tokens\":4,\"time_scale\":1000}";
    JsonNode result = new ObjectMapper().readTree(json(options));
    assertEquals(50, result.get("variants").get(0).get("requests").intValue());
    assertEquals("chunk_tokens=4", result.get("settings").get(0).textValue());
    assertEquals(
        "trace=" + folder.resolve("trace.jsonl"), result.get("settings").get(2).textValue());
  }

  @Test
  void whatWasChangedIsSaidBeforeWhatTheScenarioAssumes() {
    assertEquals(0, run("--scenario FOLDER/own.json --set nodes=3 --set chunk_tokens=64"));
    List<String> lines = out.toString().lines().toList();
    assertEquals("changed: nodes=3, chunk_tokens=64", lines.get(1));
    int own = lines.indexOf("* an assumption");
    assertTrue(lines.get(own - 1).contains("what was changed holds"), lines::toString);
    assertEquals(0, run("--scenario FOLDER/own.json"));
    assertFalse(out.toString().contains("changed"), out::toString);
  }

  @Test
  void ofAVariantWhoseRequestsWereAllRefusedThereAreNoFigures() {
    assertEquals(0, run("--scenario FOLDER/own.json --set variants.dram.hbm.kv_bytes=1e9"));
    String text = out.toString();
    assertTrue(text.lines().anyMatch(line -> line.matches("requests +60 +0")), text);
    assertTrue(text.lines().anyMatch(line -> line.matches("TTFT mean, s +[\\d.]+ +-")), text);
  }

  /** Asked to end in the middle of a run of a million requests. */
  private JsonNode interrupted(String... options) throws Exception {
    Path pipe = folder.resolve("pipe.jsonl");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    List<String> all =
        new ArrayList<>(List.of("simulate", "--json", "--scenario=own.json", "--trace=pipe.jsonl"));
    all.add("--set=chunk_tokens=4");
    all.add("--set=workload={\"block_tokens\":4,\"repeat\":20000}");
    all.addAll(List.of(options));
    InterruptedChild child = new InterruptedChild(folder, all.toArray(String[]::new));
    // Returns when the command reads it, and so is in the middle of its run.
    Files.write(pipe, Files.readAllBytes(folder.resolve("trace.jsonl")));
    return child.interrupt();
  }

  @Test
  void ctrlCLeavesWhatWasSimulatedUntilThen() throws Exception {
    JsonNode result = interrupted();
    assertFalse(result.get("complete").booleanValue());
    assertEquals(1, result.get("variants").size());
    int requests = result.get("variants").get(0).get("requests").intValue();
    assertTrue(requests > 0 && requests < 20_000 * 50, result::toString);
  }

  @Test
  void aVariantThatWasEndedInItsWarmUpHasNoFigures() throws Exception {
    JsonNode result = interrupted("--set=warm_up=0.99");
    assertFalse(result.get("complete").booleanValue());
    assertEquals(0, result.get("variants").size(), result::toString);
  }

  @Test
  void peopleReadTheVariantsSideBySide() {
    assertEquals(0, run("--scenario FOLDER/own.json"), err::toString);
    String text = out.toString();
    assertTrue(text.contains("cost model: Llama-3.1-8B BF16 on 1 x NVIDIA H100"), text);
    assertTrue(text.lines().anyMatch(line -> line.matches(" +none +dram")), text);
    assertTrue(text.lines().anyMatch(line -> line.matches("TTFT mean, s( +[\\d.]+){2}")), text);
    assertTrue(text.contains("ratio to none"), text);
    assertTrue(text.contains("* an assumption"), text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--seed 1 | --scenario",
        "--scenario s7 | s7: neither a file nor one of the scenarios",
        "--scenario FOLDER | FOLDER",
        "--scenario trace | workload.trace is missing: name a file with --trace",
        "--scenario trace --trace /no/such/file | /no/such/file: there is no such file",
        "--scenario trace --trace FOLDER/damaged.jsonl | damaged.jsonl, line 1: no JSON",
        "--scenario FOLDER/own.json --set nodes | --set nodes: KEY=VALUE",
        "--scenario FOLDER/own.json --set nodes=-1 | nodes is -1: at least 1",
        "--scenario FOLDER/own.json --set model=gpt | no model \"gpt\": one of",
        "--scenario FOLDER/own.json --set accelerator=abacus | no accelerator \"abacus\": one of",
        "--scenario FOLDER/own.json --set precision=int3 | precision is int3: one of",
        "--scenario FOLDER/own.json --set model=llama-3.1-405b | do not fit",
        "--scenario FOLDER/own.json --set cost.kv_bytes_per_token=1 | one or the other",
        "--scenario FOLDER/own.json --models FOLDER/none.json | there is no such file",
        "--scenario FOLDER/own.json --set hbm.kv_bytes=10 | hbm.kv_bytes is 10: a chunk has",
        "--scenario FOLDER/own.json --seed x | --seed",
        "--scenario FOLDER/own.json --set model=gemma-3-27b | keep a window or a state",
        "--scenario FOLDER/own.json --set overhead_seconds=1e308 | something would happen after",
        "--scenario FOLDER/own.json --set"
            + " filesystem={\"capacity_bytes\":1e12,\"read_bytes_per_second\":1e-320}"
            + " | something would happen after Infinity s",
        "--scenario FOLDER/own.json --models FOLDER | FOLDER: Is a directory",
        "--scenario trace --trace FOLDER | FOLDER: Is a directory",
        "--scenario trace --trace FOLDER/latin.jsonl | latin.jsonl, line 2: no JSON: Invalid UTF-8",
        "--scenario FOLDER/latin.jsonl | latin.jsonl, line 2: something follows the end of its JSON",
        "--scenario trace --set workload.repeat=1000000000 --trace FOLDER/short.jsonl"
            + " | workload.repeat is 1000000000 for 2 requests: at most 10000000 in all",
        "--scenario FOLDER/own.json --set chunk_tokens=1 --set workload.prefix_tokens=16000000"
            + " | chunk_tokens is 1: a request of 16000120 tokens has",
      })
  void badInputIsOneLineAndExitCodeTwo(String options, String expected) {
    assertEquals(2, run(options));
    assertEquals("", out.toString());
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(
        err.toString().contains(expected.replace("FOLDER", folder.toString())), err::toString);
  }
}
