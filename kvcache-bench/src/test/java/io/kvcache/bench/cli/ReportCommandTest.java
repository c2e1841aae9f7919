package io.kvcache.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvcache.bench.report.FakeSection;
import io.kvcache.bench.report.Kind;
import io.kvcache.bench.report.ReportContext;
import io.kvcache.bench.report.ReportSection;
import io.kvcache.bench.report.SectionResult;
import io.kvcache.lustre.cli.CommandRunner;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xml.sax.InputSource;

class ReportCommandTest {
  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private String[] args(String options) {
    return options.replace("FOLDER", folder.toString()).split(" ");
  }

  private int run(String options) {
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args(options));
  }

  private int run(ReportSection section, String options) {
    return CommandRunner.run(
        new ReportCommand(List.of(section)),
        new PrintWriter(out, true),
        new PrintWriter(err, true),
        args(options));
  }

  private void assertNoFileIsIn(Path directory) throws IOException {
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void aQuickReportRunsEverySectionAndLeavesItsTwoFiles() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    assertEquals(
        0, run("report --out FOLDER/new/report --dir FOLDER/disk --quick --json"), err::toString);
    JsonNode printed = new ObjectMapper().readTree(out.toString());
    assertEquals(printed.get("sections"), printed.get("ended"), err::toString);
    JsonNode results =
        new ObjectMapper().readTree(Path.of(printed.get("json").textValue()).toFile());
    assertTrue(results.get("complete").booleanValue(), results::toString);
    Map<String, String> kinds = new LinkedHashMap<>();
    for (JsonNode section : results.get("sections")) {
      kinds.put(section.get("name").textValue(), section.get("kind").textValue());
      boolean seeds = section.get("name").textValue().equals("seeds");
      assertFalse(section.get("results").get(seeds ? "rows" : "runs").isEmpty(), section::toString);
      assertFalse(section.get("notes").isEmpty(), section::toString);
      assertFalse(section.get("command").textValue().isBlank(), section::toString);
    }
    assertEquals("measured+modelled", kinds.get("ttft"));
    assertEquals("simulated", kinds.get("simulate"));
    assertEquals("modelled", kinds.get("models"));
    assertEquals("measured", kinds.get("chunk-io"));
    String page = Files.readString(Path.of(printed.get("html").textValue()));
    assertEquals(
        kinds.size(),
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(page)))
            .getElementsByTagName("section")
            .getLength());
    assertNoFileIsIn(disk);
  }

  @Test
  void theFilesAreNamedOnStdout() {
    assertEquals(0, run(FakeSection.working("one", Kind.MODELLED), "--out FOLDER"), err::toString);
    assertEquals(
        List.of(folder.resolve("report.html"), folder.resolve("results.json")),
        out.toString().lines().map(Path::of).toList());
    assertEquals("", err.toString());
  }

  @Test
  void aReportOfNothingButFailuresIsOne() {
    FakeSection broken =
        new FakeSection(
            "broken",
            Kind.MEASURED,
            context -> {
              throw new IllegalStateException("no luck");
            });
    assertEquals(1, run(broken, "--out FOLDER"));
    assertTrue(err.toString().contains("report: broken: failed: "), err::toString);
    assertTrue(Files.exists(folder.resolve("report.html")));
  }

  /** A section that the disk has no room for. */
  private record TooLarge() implements ReportSection {
    @Override
    public String name() {
      return "large";
    }

    @Override
    public String title() {
      return "Large";
    }

    @Override
    public Kind kind() {
      return Kind.MEASURED;
    }

    @Override
    public String command(ReportContext context) {
      return "";
    }

    @Override
    public void check(ReportContext context) {
      throw new IllegalArgumentException("1 MB free, and 2 MB are needed: free some");
    }

    @Override
    public SectionResult run(ReportContext context) {
      throw new AssertionError("it was checked");
    }
  }

  @Test
  void aDirectoryWithoutRoomIsRefusedBeforeAnythingRuns() throws IOException {
    assertEquals(2, run(new TooLarge(), "--out FOLDER"));
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(err.toString().contains("1 MB free, and 2 MB are needed"), err::toString);
    assertNoFileIsIn(folder);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "report | --out",
        "report --out /dev/null | --out /dev/null",
        "report --out /dev/null/x | --out /dev/null/x",
        "report --out /proc | --out /proc: it cannot be written to",
        "report --out FOLDER --dir FOLDER/none | --dir FOLDER/none: there is no such directory",
        "report --out FOLDER --dir /proc | --dir /proc: it cannot be written to",
        "report --out FOLDER --fast | --fast",
      })
  void badInputIsOneLineAndExitCodeTwo(String options, String expected) throws IOException {
    assertEquals(2, run(options), err::toString);
    assertEquals("", out.toString());
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(
        err.toString().contains(expected.replace("FOLDER", folder.toString())), err::toString);
    assertNoFileIsIn(folder);
  }
}
