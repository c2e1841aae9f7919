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
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SeedsCommandTest {
  private static final String MODELLED = "--only S0.7,S2,S3,P ";

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String options) {
    out.getBuffer().setLength(0);
    String[] args = ("seeds " + options.replace("FOLDER", folder.toString())).strip().split(" +");
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }

  private String json(String options) {
    assertEquals(0, run(options + " --json"), err::toString);
    assertEquals(1, out.toString().lines().count());
    return out.toString();
  }

  private static JsonNode parse(String json) throws IOException {
    return new ObjectMapper().readTree(json);
  }

  private static void assertRowIsWhole(JsonNode row) {
    for (String field : Set.of("id", "kind", "unit", "source", "claim", "figure")) {
      assertFalse(row.get(field).textValue().isBlank(), row::toString);
    }
    assertTrue(
        Set.of("measured", "simulated", "modelled").contains(row.get("kind").textValue()),
        row::toString);
    assertTrue(row.get("assumptions").size() > 0, row::toString);
    assertTrue(row.has("prevents"), row::toString);
    assertEquals(
        row.get("ours").doubleValue() / row.get("claimed").doubleValue(),
        row.get("ratio").doubleValue(),
        1e-12);
  }

  private static JsonNode row(JsonNode result, String id) {
    for (JsonNode row : result.get("rows")) {
      if (row.get("id").textValue().equals(id)) {
        return row;
      }
    }
    throw new AssertionError("no row " + id + ": " + result);
  }

  @Test
  void everyModelledRowHasKindAndAssumptionsAndItsTextsConstants() throws IOException {
    JsonNode result = parse(json(MODELLED));
    assertTrue(result.get("complete").booleanValue());
    assertEquals(13, result.get("rows").size());
    result.get("rows").forEach(SeedsCommandTest::assertRowIsWhole);
    assertEquals(4, result.get("constants").size());
    assertEquals(5, result.get("curves").size());
  }

  @Test
  void publishedPrefillsAreWithinAQuarter() throws IOException {
    JsonNode rows = parse(json("--only P")).get("rows");
    assertEquals(6, rows.size());
    for (JsonNode row : rows) {
      assertEquals(1, row.get("ratio").doubleValue(), 0.25, row::toString);
    }
  }

  @Test
  void dramCostsWhatItIsSaidToAndATokenKeepsWhatItIsSaidTo() throws IOException {
    JsonNode result = parse(json("--only S3"));
    assertEquals(782_000, row(result, "S3.6").get("ours").doubleValue());
    assertEquals(1, row(result, "S3.3").get("ratio").doubleValue());
    assertTrue(row(result, "S3.4").get("ratio").doubleValue() > 1, result::toString);
  }

  @Test
  void simulatedRowsOfTheGuideAreWithinAQuarterAndSoNothingPreventsThem() throws IOException {
    JsonNode result = parse(json("--only S1.7"));
    assertEquals(5, result.get("rows").size());
    assertEquals("modelled", result.get("rows").get(0).get("kind").textValue());
    for (JsonNode row : result.get("rows")) {
      assertRowIsWhole(row);
      assertEquals(1, row.get("ratio").doubleValue(), 0.25, row::toString);
      assertTrue(row.get("prevents").isNull(), row::toString);
    }
    assertEquals(4, result.get("constants").get(0).get("simulated").get("nodes").intValue());
  }

  @Test
  void aModelledRowThatIsFarSaysWithWhichValueItWouldBeThere() throws IOException {
    String prevents = row(parse(json("--only S0.7")), "S0.7").get("prevents").textValue();
    assertTrue(
        prevents.contains(
            "with 0.79 times these efficiencies, everything else unchanged, they are 10 s"),
        prevents);
  }

  @Test
  void aRowThatIsNearButLessThanWhatMoreIsClaimedOfIsMarkedAsBelow() throws IOException {
    JsonNode result = parse(json("--only S0.7,S3.4"));
    assertEquals("below", row(result, "S0.7").get("reached").textValue());
    assertEquals("yes", row(result, "S3.4").get("reached").textValue());
    assertEquals(0, run("--only S0.7"));
    assertTrue(
        out.toString().contains("! more than 10.00 s is claimed: ours is 20.1 % below that"),
        out::toString);
  }

  @Test
  void everyTextsConstantsSayWhichEfficiencyItRestsOnAndWhatThatIsFittedTo() throws IOException {
    for (JsonNode set : parse(json("--only S0.7,S2,P")).get("constants")) {
      assertTrue(
          set.get("constants").toString().contains("h100 BF16")
              || set.get("document").textValue().equals("S0"),
          set::toString);
    }
    assertTrue(out.toString().contains("the published row P3 alone"), out::toString);
  }

  @Test
  void aRowNeedsNoModelButItsOwnAndWithoutRowsOfS3ThereAreNoCharts() throws IOException {
    try (var shipped = io.kvcache.bench.model.Catalogue.class.getResourceAsStream("models.json")) {
      ObjectMapper mapper = new ObjectMapper();
      JsonNode small = mapper.readTree(shipped).get(1);
      assertEquals("llama-3.1-8b", small.get("name").textValue());
      mapper.writeValue(folder.resolve("one.json").toFile(), mapper.createArrayNode().add(small));
    }
    JsonNode result = parse(json("--only P1 --models FOLDER/one.json --out FOLDER/out"));
    assertEquals(1, result.get("rows").size());
    assertEquals(0, result.get("curves").size());
    assertFalse(Files.exists(folder.resolve("out/seeds-ttft-light.svg")));
    assertTrue(Files.exists(folder.resolve("out/seeds.json")));
  }

  @Test
  void withoutADirectoryARowThatMustBeMeasuredSaysThatItNeedsOne() throws IOException {
    JsonNode row = row(parse(json("--only S0.3")), "S0.3");
    assertEquals(32, row.get("claimed").doubleValue());
    assertTrue(row.get("ours").isNull() && row.get("ratio").isNull(), row::toString);
    assertTrue(row.get("assumptions").toString().contains("needs --dir"), row::toString);
    assertEquals(0, run("--only S0.3"), err::toString);
    assertTrue(out.toString().lines().anyMatch(l -> l.matches("S0.3 .* 32 +- .*measured")));
  }

  @Test
  void withADirectoryRestoresAreMeasuredThereAndItIsLeftAsItWas() throws IOException {
    smallModels();
    JsonNode result =
        parse(
            json(
                "--only S0.3,S2,S3.4 --models FOLDER/models.json --dir FOLDER/new"
                    + " --directory-gb-per-s 1"));
    assertTrue(result.get("complete").booleanValue());
    assertEquals(3, result.get("rows").size());
    for (JsonNode row : result.get("rows")) {
      assertEquals("measured", row.get("kind").textValue());
      assertTrue(row.get("ours").doubleValue() > 0, row::toString);
      assertTrue(row.get("assumptions").toString().contains("GB/s here"), row::toString);
    }
    assertTrue(row(result, "S0.3").get("ratio").isNull());
    assertRowIsWhole(row(result, "S2.2"));
    assertRowIsWhole(row(result, "S3.4"));
    assertFalse(Files.exists(folder.resolve("new")));
  }

  /** The shipped models, those that are measured with a few layers only. */
  private void smallModels() throws IOException {
    try (var shipped = io.kvcache.bench.model.Catalogue.class.getResourceAsStream("models.json")) {
      String text = new String(shipped.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      Files.writeString(
          folder.resolve("models.json"),
          text.replace("\"layers\": 80,", "\"layers\": 8,")
              .replace("\"layers\": 61,", "\"layers\": 12,"));
    }
  }

  @Test
  void ctrlCLeavesTheRowsThatWereFoundUntilThen() throws Exception {
    try (WatchService made = folder.getFileSystem().newWatchService()) {
      folder.register(made, StandardWatchEventKinds.ENTRY_CREATE);
      InterruptedChild child =
          new InterruptedChild(folder, "seeds", "--json", "--only=S0.4", "--out=out");
      // Made at the beginning; the simulation of the last of the rows takes seconds from then on.
      assertEquals(Path.of("out"), made.take().pollEvents().get(0).context());
      JsonNode result = child.interrupt();
      assertFalse(result.get("complete").booleanValue());
      assertEquals(3, result.get("rows").size(), result::toString);
      assertEquals(result, parse(Files.readString(folder.resolve("out/seeds.json"))));
    }
  }

  @Test
  void theResultAndTheTwoChartsAreWritten() throws IOException {
    String printed = json(MODELLED + "--out FOLDER/new/out");
    assertEquals(printed, Files.readString(folder.resolve("new/out/seeds.json")));
    for (String chart :
        Set.of("seeds-ttft-light.svg", "seeds-ttft-dark.svg", "seeds-cost-light.svg")) {
      String svg = Files.readString(folder.resolve("new/out").resolve(chart));
      for (String curve : Set.of("no reuse", "average", "filesystem", "DRAM", "lower bound")) {
        assertTrue(svg.contains(">" + curve + "<"), chart + " has no curve " + curve);
      }
    }
  }

  @Test
  void peopleReadATableWithAssumptionsAndConstants() {
    assertEquals(0, run(MODELLED), err::toString);
    String text = out.toString();
    assertTrue(
        text.lines().anyMatch(l -> l.matches("S3.6 .* 780,000 .* 782,000 .*modelled")), text);
    assertTrue(text.contains("average_storage = 8,000,000,000 bytes/s (published)"), text);
    assertFalse(text.contains("NaN"), text);
  }

  @Test
  void pricesOfAFileReplaceTheShippedOnes() throws IOException {
    Path file = folder.resolve("prices.json");
    try (var shipped = io.kvcache.bench.tco.Prices.class.getResourceAsStream("prices.json")) {
      String text = new String(shipped.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      Files.writeString(file, text.replace("\"dollars\": 1000,", "\"dollars\": 2000,"));
      assertEquals(
          1_564_000,
          row(parse(json("--only S3.6 --prices FOLDER/prices.json")), "S3.6")
              .get("ours")
              .doubleValue());
      Files.writeString(file, text.replace("\"dollars\": 1000,", "\"dollars\": -1,"));
    }
    assertEquals(2, run("--prices FOLDER/prices.json"));
    assertTrue(err.toString().contains("prices.json, line "), err::toString);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--only S9 | --only S9: no row begins so",
        "--only S3.6,NOPE | --only NOPE: no row begins so; there are S0.3, S0.4, ",
        "--only S3.6,,P | no row begins so",
        "--only S3.6 --out /proc | --out /proc: it cannot be written to",
        "--seed x | --seed",
        "--only P1 --dir /proc | --dir /proc: it cannot be written to",
        "--directory-gb-per-s 1 | --directory-gb-per-s 1.0 is without --dir",
        "--dir FOLDER --directory-gb-per-s 0 | --directory-gb-per-s 0.0: a finite number, more than 0",
        "--prices FOLDER/none.json | none.json: there is no such file",
        "--models FOLDER/none.json | none.json: there is no such file",
        "--accelerators FOLDER/none.json | none.json: there is no such file",
        "--dir /dev/null | --dir /dev/null: no directory",
        "--out /dev/null | --out /dev/null: no directory",
      })
  void badInputIsOneLineAndExitCodeTwo(String options, String expected) {
    assertEquals(2, run(options), err::toString);
    assertEquals("", out.toString());
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(err.toString().contains(expected), err::toString);
  }
}
