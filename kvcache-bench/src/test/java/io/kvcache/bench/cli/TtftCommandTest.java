package io.kvcache.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TtftCommandTest {
  /** A k of 100 by decree: small files, and nothing to measure before. */
  private static final String SMALL =
      "--dir FOLDER/kv --tokens 4096 --rounds 2 --bandwidth-gb-per-s 100 --directory-gb-per-s 1 ";

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String options) {
    out.getBuffer().setLength(0);
    String[] args = ("ttft " + options.replace("FOLDER", folder.toString())).split(" +");
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }

  private JsonNode json(String options) throws IOException {
    assertEquals(0, run(options + " --json"), err::toString);
    assertEquals(1, out.toString().lines().count(), out::toString);
    return new ObjectMapper().readTree(out.toString());
  }

  private static JsonNode row(JsonNode result, String tier, int reuse) {
    for (JsonNode row : result.get("rows")) {
      if (row.get("tier").textValue().equals(tier)
          && row.get("reuse_percent").intValue() == reuse) {
        return row;
      }
    }
    throw new AssertionError("no row of " + tier + " at " + reuse + " %: " + result);
  }

  private void assertNothingIsLeft() throws IOException {
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void everyTierServesWhatItIsSaidTo() throws IOException {
    JsonNode result = json(SMALL + "--reuse 0,50,100 --tiers none,file,dram,hbm,dram:50+file:50");
    assertEquals(100, result.get("k").doubleValue(), 1e-9);
    assertEquals("given", result.get("measured_by").textValue());
    assertEquals(327_680, result.get("model_bytes_per_token").intValue());
    assertEquals(3_276.8, result.get("exact_bytes_per_token").doubleValue(), 1e-9);
    assertEquals(0, result.get("wrong_bytes").longValue());
    assertTrue(result.get("verified_bytes").longValue() > 0);
    assertEquals(15, result.get("rows").size());
    assertEquals(
        "{\"STORE\":2048}", row(result, "file", 50).get("restored_tokens_by_tier").toString());
    assertEquals(
        "{\"DRAM\":2048}", row(result, "dram", 50).get("restored_tokens_by_tier").toString());
    assertEquals(
        "{\"HBM\":2048}", row(result, "hbm", 50).get("restored_tokens_by_tier").toString());
    JsonNode mixed = row(result, "dram:50+file:50", 50).get("restored_tokens_by_tier");
    assertEquals(1024, mixed.get("DRAM").intValue());
    assertEquals(1024, mixed.get("STORE").intValue());
    assertNothingIsLeft();
  }

  @Test
  void timeToFirstTokenIsMeasuredAndModelledAndSaysSo() throws IOException {
    JsonNode result = json(SMALL + "--reuse 50 --tiers none,file");
    JsonNode file = row(result, "file", 50);
    assertEquals("measured+modelled", file.get("kind").textValue());
    assertTrue(file.get("restore_ms").doubleValue() > 0);
    assertEquals(
        file.get("measured_ms").doubleValue() + file.get("modelled_prefill_ms").doubleValue(),
        file.get("ttft_ms").doubleValue(),
        1e-6);
    assertEquals(
        file.get("formula_retrieval_ms").doubleValue()
            + file.get("modelled_prefill_ms").doubleValue(),
        file.get("formula_ttft_ms").doubleValue(),
        1e-6);
    assertEquals(
        2048 * 327_680.0 / 100e9 * 1e3, file.get("formula_retrieval_ms").doubleValue(), 1e-6);
    JsonNode none = row(result, "none", 50);
    assertEquals("modelled", none.get("kind").textValue());
    assertEquals(result.get("baseline_ms"), none.get("ttft_ms"));
  }

  @Test
  void aWholePromptLeavesItsLastTokenToCompute() throws IOException {
    JsonNode file = row(json(SMALL + "--reuse 100 --tiers file"), "file", 100);
    assertEquals(4095, file.get("restored_tokens").intValue());
  }

  @Test
  void theModelledPartIsTheSameEveryTime() throws IOException {
    List<String> modelled = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      JsonNode result = json(SMALL + "--reuse 50,90 --tiers file,none");
      StringBuilder all = new StringBuilder(result.get("baseline_ms").toString());
      for (JsonNode row : result.get("rows")) {
        for (String field :
            List.of(
                "restored_tokens", "modelled_prefill_ms", "formula_ttft_ms", "scenario_bytes")) {
          all.append(' ').append(row.get(field));
        }
      }
      modelled.add(all.toString());
    }
    assertEquals(modelled.get(0), modelled.get(1));
  }

  @Test
  void theDirectoryIsMeasuredBeforeUnlessItsBandwidthIsGiven() throws IOException {
    JsonNode result =
        json("--dir FOLDER --tokens 1024 --rounds 1 --reuse 50 --tiers file --store nio");
    assertTrue(result.get("measured_by").textValue().matches("fio|store"));
    assertEquals(
        result.get("scenario_gb_per_s").doubleValue()
            / result.get("measured_gb_per_s").doubleValue(),
        result.get("k").doubleValue(),
        1e-9);
    boolean fio = result.get("measured_by").textValue().equals("fio");
    assertEquals(fio, result.get("during_gb_per_s").isNumber());
    assertEquals(fio, row(result, "file", 50).get("paired_deviation_percent").isNumber());
    assertNothingIsLeft();
  }

  @Test
  void whereAndWhenItWasMeasuredIsPartOfTheResult() throws IOException {
    JsonNode environment = json(SMALL + "--reuse 50 --tiers file").get("environment");
    for (String field : List.of("date", "cpu", "jdk", "filesystem", "io_mode", "revision")) {
      assertFalse(environment.get(field).textValue().isEmpty(), field);
    }
  }

  @Test
  void layoutsWithWindowsAndStatesAreMeasuredToo() throws IOException {
    for (String model : List.of("gemma-3-27b", "qwen3.5-35b-a3b", "deepseek-r1")) {
      JsonNode result =
          json(
              SMALL.replace("per-s 100 ", "per-s 10 ").replace("--tokens 4096", "--tokens 4100")
                  + "--reuse 100 --tiers file,dram --precision fp8 --accelerator h200 --model "
                  + model);
      assertEquals(0, result.get("wrong_bytes").longValue());
      assertTrue(row(result, "file", 100).get("restored_tokens").intValue() > 0, model);
    }
  }

  @Test
  void theChartAndTheResultAreWritten() throws IOException {
    json(SMALL + "--reuse 50,90 --tiers none,file --out FOLDER/out");
    assertTrue(Files.readString(folder.resolve("out/ttft-light.svg")).startsWith("<svg"));
    assertTrue(Files.readString(folder.resolve("out/ttft-dark.svg")).startsWith("<svg"));
    JsonNode written = new ObjectMapper().readTree(folder.resolve("out/results.json").toFile());
    assertEquals(new ObjectMapper().readTree(out.toString()), written);
  }

  @Test
  void peopleReadATable() {
    assertEquals(0, run(SMALL + "--reuse 50 --tiers none,file"), err::toString);
    assertTrue(out.toString().contains("k = 100"), out::toString);
    assertTrue(out.toString().contains("measured (keys, acquire, restore) + modelled"));
    assertFalse(out.toString().contains("NaN"), out::toString);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--tokens 4096 | --dir",
        "--dir FOLDER --model gpt-9 | gpt-9",
        "--dir FOLDER --accelerator abacus | abacus",
        "--dir FOLDER --precision fp4 | fp4",
        "--dir FOLDER --tiers tape | tape",
        "--dir FOLDER --tiers dram:50 | sum up to 100",
        "--dir FOLDER --model deepseek-r1 | 1,342 GB of weights",
        "--dir FOLDER --reuse 101 | reuse of 101 %",
        "--dir FOLDER --reuse -1 | reuse of -1 %",
        "--dir FOLDER --reuse half | half",
        "--dir FOLDER --bandwidth-gb-per-s 0 | more than 0",
        "--dir FOLDER --bandwidth-gb-per-s -3 | more than 0",
        "--dir FOLDER --directory-gb-per-s 0 | more than 0",
        "--dir FOLDER --bandwidth-gb-per-s 0.0001 --directory-gb-per-s 1 | shorter chunks",
        "--dir FOLDER --width 0 | width 0",
        "--dir FOLDER --efficiency 0 | --efficiency 0.0: a share of the peak",
        "--dir FOLDER --tokens 100 | 100 tokens",
        "--dir FOLDER --chunk-tokens 100 | chunkTokens = 100",
        "--dir FOLDER --rounds 0 | 0 rounds",
        "--dir FOLDER --workers 0 | 0",
        "--dir FOLDER --store s3 | --store s3: nio or lustre",
        "--dir FOLDER --overhead-ms -1 | fixed overhead",
        "--dir FOLDER --model gemma-3-27b --tiers hbm | leave hbm out",
        "--dir FOLDER --tiers none,file,dram,hbm,dram:50+file:50,dram:40+file:60,dram:60+file:40 | 7 tiers: 6 at most",
        "--dir FOLDER --models FOLDER/none.json | there is no such file",
        "--dir FOLDER --memory tape | --memory tape: jvm or large",
        "--dir FOLDER --out /dev/null | --out /dev/null",
        "--dir FOLDER --out /proc | --out /proc",
        "--dir FOLDER --tokens 60000 --bandwidth-gb-per-s 10 --directory-gb-per-s 1 --tiers hbm | leave hbm out",
        "--dir FOLDER --tokens 90000000 --bandwidth-gb-per-s 1 --directory-gb-per-s 1 | use fewer tokens",
        "--dir FOLDER --tokens 4096 --bandwidth-gb-per-s 1000000 --directory-gb-per-s 1 | longer chunks",
        "--dir /dev/null | --dir /dev/null",
      })
  void badInputIsOneLineAndExitCodeTwo(String options, String expected) throws IOException {
    assertEquals(2, run(options), err::toString);
    assertEquals("", out.toString());
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(err.toString().contains(expected), err::toString);
    assertNothingIsLeft();
  }
}
