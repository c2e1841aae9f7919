package io.kvcache.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrefillCommandTest {
  private static final String ONE = "--model llama-3.3-70b --accelerator h100 ";

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeFiles() throws IOException {
    Files.writeString(
        folder.resolve("broken.json"), "[{\"new_tokens\": 8192,\n\"reused_tokens\" 0}]");
    Files.writeString(folder.resolve("broken.csv"), "8192,0,0.5\n4096,many,1\n");
    Files.writeString(folder.resolve("one.csv"), "8192,0,0.5\n");
    Files.writeString(folder.resolve("fast.csv"), "8192,0,0.001\n65536,0,0.01\n");
    Files.write(folder.resolve("bytes.csv"), new byte[] {(byte) 0xff, (byte) 0xfe});
  }

  private int run(String options) {
    out.getBuffer().setLength(0);
    String[] args = ("prefill " + options.replace("FOLDER", folder.toString())).strip().split(" +");
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }

  private JsonNode json(String options) throws IOException {
    assertEquals(0, run(options + " --json"), err::toString);
    return new ObjectMapper().readTree(out.toString());
  }

  @Test
  void withoutOptionsEveryPublishedPrefillStandsBesideTheModelledOne() throws IOException {
    JsonNode rows = json("").get("rows");
    assertEquals(6, rows.size());
    for (JsonNode row : rows) {
      double off = row.get("modelled").doubleValue() / row.get("published").doubleValue() - 1;
      assertEquals(100 * off, row.get("off_percent").doubleValue(), 1e-9);
      assertTrue(Math.abs(off) < 0.25, row::toString);
    }
    assertEquals(0, run(""));
    assertTrue(
        out.toString().lines().anyMatch(l -> l.matches("P4 .*32 x gh200 .*0.472 .*-15.3%.*")),
        out::toString);
    assertTrue(out.toString().contains("h100 BF16: the published row P3 alone"), out::toString);
  }

  @Test
  void eachNumberOfNewTokensIsModelledAfterEachNumberOfReusedOnesAsTheSumOfItsParts()
      throws IOException {
    JsonNode rows =
        json(ONE + "--tokens 1000,50000 --reused 0,30000 --overhead-ms 20").get("prefills");
    assertEquals(4, rows.size());
    for (JsonNode row : rows) {
      double sum = 0;
      for (String part : new String[] {"weights", "attention", "link", "overhead"}) {
        sum += row.get(part).doubleValue();
      }
      assertEquals(row.get("seconds").doubleValue(), sum, 1e-12);
      assertEquals(0.02, row.get("overhead").doubleValue());
    }
    assertEquals(50_000, rows.get(3).get("new_tokens").intValue());
    assertEquals(30_000, rows.get(3).get("reused_tokens").intValue());
  }

  @Test
  void timedPrefillsGiveBackTheOverheadAndTheEfficiencyThatTheyWereMadeWith() throws IOException {
    JsonNode made =
        json(ONE + "--tokens 512,8192,65536 --overhead-ms 70 --efficiency 0.37").get("prefills");
    StringBuilder timed = new StringBuilder("[");
    made.forEach(
        row ->
            timed
                .append(timed.length() > 1 ? "," : "")
                .append(
                    String.format(
                        Locale.ROOT,
                        "{\"new_tokens\": %s, \"reused_tokens\": %s, \"seconds\": %s}",
                        row.get("new_tokens"),
                        row.get("reused_tokens"),
                        row.get("seconds"))));
    Files.writeString(folder.resolve("timed.json"), timed.append("]"));
    JsonNode found = json(ONE + "--measured FOLDER/timed.json --tokens 8192");
    assertEquals(0.07, found.get("overhead").doubleValue(), 1e-6);
    assertEquals(0.37, found.get("efficiencies").get(0).get("value").doubleValue(), 1e-6);
    assertEquals(3, found.get("measured").size());
    for (JsonNode row : found.get("measured")) {
      assertEquals(0, row.get("calibrated_off_percent").doubleValue(), 1e-3);
      assertTrue(row.get("uncalibrated_off_percent").doubleValue() < -10, row::toString);
    }
    assertEquals(
        made.get(1).get("seconds").doubleValue(),
        found.get("prefills").get(0).get("seconds").doubleValue(),
        1e-6);
    assertEquals(0, run(ONE + "--measured FOLDER/timed.json"));
    assertTrue(out.toString().contains("efficiency 0.370 of h100 BF16: calibrated from 3"));
    assertTrue(out.toString().contains("fixed overhead 70.0 ms"), out::toString);
  }

  @Test
  void whatAModelMultipliesInTwoPrecisionsHasAnEfficiencyForEach() throws IOException {
    JsonNode result = json("--model deepseek-r1 --accelerator h200 --precision fp8 --tokens 50000");
    assertEquals(2, result.get("efficiencies").size());
    assertEquals("BF16", result.get("efficiencies").get(1).get("precision").textValue());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--accelerator h100 --measured FOLDER/one.csv | --measured needs --model",
        "--model llama-3.3-70b --measured FOLDER/one.csv | --measured needs --accelerator",
        "ONE --tokens x | --tokens",
        "ONE --tokens 0 | --tokens 0: 1 or more",
        "ONE --tokens 10,-1 | --tokens -1: 1 or more",
        "ONE --reused -1 | --reused -1: 0 or more",
        "ONE --width 0 | width 0",
        "ONE --width 3 | width 3",
        "ONE --precision fp4 | --precision fp4: bf16 or fp8",
        "ONE --efficiency 1.5 | --efficiency 1.5",
        "ONE --overhead-ms -1 | fixed overhead of -0.001 s",
        "--model gpt-9 --accelerator h100 | no model \"gpt-9\"",
        "--model llama-3.1-8b --accelerator abacus | no accelerator \"abacus\"",
        "--models FOLDER/none.json | --models FOLDER/none.json: there is no such file",
        "ONE --measured FOLDER/none.json | none.json: there is no such file",
        "ONE --measured FOLDER | cannot be read",
        "ONE --measured FOLDER/broken.json | broken.json, line 2: ",
        "ONE --measured FOLDER/broken.csv | broken.csv, line 2: \"4096,many,1\"",
        "ONE --measured FOLDER/bytes.csv | is not UTF-8 text",
        "ONE --measured FOLDER/one.csv | one.csv: 1 prefills of about the same work",
        "ONE --measured FOLDER/fast.csv | fast.csv: these times need ",
        "ONE --measured FOLDER/one.csv --overhead-ms 1 | --overhead-ms with --measured",
        "ONE --measured FOLDER/one.csv --efficiency 0.5 | --efficiency with --measured",
      })
  void badInputIsOneLineAndExitCodeTwo(String options, String expected) {
    assertEquals(2, run(options.replace("ONE ", ONE)), err::toString);
    assertEquals("", out.toString());
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(
        err.toString().contains(expected.replace("FOLDER", folder.toString())), err::toString);
  }
}
