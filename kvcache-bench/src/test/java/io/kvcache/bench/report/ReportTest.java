package io.kvcache.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.kvcache.bench.chart.LineChart;
import io.kvcache.bench.io.RunWatch;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class ReportTest {
  @TempDir Path folder;

  private static final FakeSection ONE = FakeSection.working("one", Kind.MEASURED);
  private static final FakeSection TWO = FakeSection.working("two", Kind.MODELLED);

  private Report report(RunWatch watch, ReportSection... sections) throws Exception {
    Report report = new Report(List.of(sections), folder, folder, true, (phase, total) -> watch);
    report.run();
    return report;
  }

  private static List<Element> all(Document page, String tag) {
    var nodes = page.getElementsByTagName(tag);
    return IntStream.range(0, nodes.getLength()).mapToObj(i -> (Element) nodes.item(i)).toList();
  }

  private static Document page(Report report) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(Files.readString(report.html()))));
  }

  private static JsonNode json(Report report) throws IOException {
    return new ObjectMapper().readTree(report.json().toFile());
  }

  @Test
  void thePageIsWellFormedWithWhateverTextAndSaysWhereEachFigureComesFrom() throws Exception {
    Document page = page(report(RunWatch.NONE, ONE, TWO));
    assertEquals(
        List.of("one", "two"),
        all(page, "section").stream().map(section -> section.getAttribute("id")).toList());
    assertEquals("Title of one <&> measured", all(page, "h2").get(0).getTextContent());
    assertEquals(
        List.of("measured", "measured", "modelled", "modelled"),
        all(page, "figcaption").stream()
            .map(caption -> caption.getElementsByTagName("span").item(0).getTextContent())
            .toList());
    assertEquals(0, all(page, "script").size());
    String text = page.getDocumentElement().getTextContent();
    assertTrue(text.contains("<b>bold</b> & \"quoted\": µs"), text);
    assertTrue(text.contains("a note with <i>, ]]> and \ufffd"), text);
    assertTrue(text.contains("java -jar kvcache-bench.jar two > 'x'"), text);
  }

  @Test
  void everyChartIsThereForLightAndForDarkPagesAndAsATable() throws Exception {
    assumeTrue(LineChart.unavailable().isEmpty(), () -> LineChart.unavailable().orElseThrow());
    Document page = page(report(RunWatch.NONE, ONE, TWO));
    Set<String> themes =
        all(page, "svg").stream()
            .map(svg -> ((Element) svg.getParentNode()).getAttribute("class"))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(Set.of("scroll theme-dark", "scroll theme-light"), themes);
    assertEquals(4, all(page, "svg").size());
    assertTrue(all(page, "style").get(0).getTextContent().contains("prefers-color-scheme: dark"));
    for (Element figure : all(page, "figure")) {
      assertEquals(1, figure.getElementsByTagName("table").getLength());
    }
    List<String> ids = new ArrayList<>();
    for (Element element : all(page, "*")) {
      if (element.hasAttribute("id")) {
        ids.add(element.getAttribute("id"));
      }
    }
    assertEquals(new HashSet<>(ids).size(), ids.size(), ids::toString);
  }

  @Test
  void nothingIsLoadedFromAnywhere() throws Exception {
    Report report = report(RunWatch.NONE, ONE, TWO);
    for (Element element : all(page(report), "*")) {
      assertFalse(
          Set.of("script", "link", "img", "iframe", "object", "use", "image")
              .contains(element.getTagName()),
          element::getTagName);
      for (String attribute : List.of("src", "srcset", "data", "action", "xlink:href")) {
        assertFalse(element.hasAttribute(attribute), element::getTagName);
      }
      assertTrue(element.getAttribute("href").matches("|#.*"), element.getAttribute("href"));
    }
    String text = Files.readString(report.html());
    assertFalse(text.contains("@import"), text);
    assertFalse(text.matches("(?s).*url\\((?!#).*"), text);
    String withoutNames = text.replaceAll("xmlns=\"[^\"]*\"", "");
    assertFalse(withoutNames.contains("http:") || withoutNames.contains("https:"), text);
  }

  @Test
  void resultsSayWhereWhenAndFromWhat() throws Exception {
    JsonNode results = json(report(RunWatch.NONE, ONE, TWO));
    JsonNode environment = results.get("environment");
    assertTrue(environment.get("cores").intValue() > 0);
    assertTrue(environment.get("memory_bytes").longValue() > 0);
    assertTrue(environment.get("heap_bytes").longValue() > 0);
    assertTrue(Instant.parse(environment.get("date").textValue()).isBefore(Instant.now()));
    assertTrue(environment.get("version").textValue().matches("\\d+\\..*"), results::toString);
    for (String field :
        List.of("cpu", "jdk", "os", "filesystem", "io_mode", "io_mode_reason", "revision")) {
      assertFalse(environment.get(field).textValue().isBlank(), field);
    }
    assertTrue(results.get("complete").booleanValue());
    assertTrue(results.get("quick").booleanValue());
    JsonNode two = results.get("sections").get(1);
    assertEquals("two", two.get("name").textValue());
    assertEquals("modelled", two.get("kind").textValue());
    assertEquals(42, two.get("results").get("answer").intValue());
    assertTrue(two.get("problem").isNull());
  }

  @Test
  void anInterruptedRunLeavesAReportOfWhatHasEnded() throws Exception {
    boolean[] asked = new boolean[1];
    FakeSection last =
        new FakeSection(
            "last",
            Kind.SIMULATED,
            context -> {
              asked[0] = true;
              assertFalse(context.watch().phase("work", 1).goOn(0));
              throw new CancellationException("nothing yet");
            });
    Report report = report(steps -> !asked[0], ONE, last, TWO);
    JsonNode results = json(report);
    assertFalse(results.get("complete").booleanValue());
    assertEquals(42, results.get("sections").get(0).get("results").get("answer").intValue());
    assertEquals("interrupted", results.get("sections").get(1).get("problem").textValue());
    assertEquals("not run", results.get("sections").get(2).get("problem").textValue());
    String text = page(report).getDocumentElement().getTextContent();
    assertTrue(text.contains("1 of 3 sections were not run."), text);
  }

  @Test
  void whatASectionHasWhenItIsInterruptedIsKept() throws Exception {
    boolean[] asked = new boolean[1];
    FakeSection partial =
        new FakeSection(
            "partial",
            Kind.MEASURED,
            context -> {
              asked[0] = true;
              assertFalse(context.watch().phase("work", 1).goOn(0));
              return FakeSection.result(Kind.MEASURED);
            });
    Report report = report(steps -> !asked[0], partial);
    JsonNode section = json(report).get("sections").get(0);
    assertTrue(section.get("problem").textValue().startsWith("interrupted"), section::toString);
    assertEquals(42, section.get("results").get("answer").intValue());
  }

  @Test
  void aSectionThatFailsSaysWhyAndTheOthersRun() throws Exception {
    FakeSection broken =
        new FakeSection(
            "broken",
            Kind.MEASURED,
            context -> {
              throw new IOException("the disk is gone");
            });
    Report report = report(RunWatch.NONE, broken, TWO);
    JsonNode sections = json(report).get("sections");
    assertTrue(sections.get(0).get("problem").textValue().contains("the disk is gone"));
    assertTrue(sections.get(1).get("problem").isNull());
    assertEquals(1, report.problems().size());
  }

  @Test
  void whatIsAlreadyInTheDirectoryStays() throws Exception {
    Files.writeString(folder.resolve("notes.txt"), "mine");
    report(RunWatch.NONE, ONE);
    report(RunWatch.NONE, TWO);
    assertEquals("mine", Files.readString(folder.resolve("notes.txt")));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(
          Set.of("notes.txt", "report.html", "results.json"),
          files.map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
    }
  }

  @Test
  void aTableWithARaggedRowIsRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> new Table(List.of("a", "b"), List.of(List.of("1"))));
  }

  @Test
  void whoWatchesHearsWhichSectionIsAtWhat() throws Exception {
    FakeSection working =
        new FakeSection(
            "working",
            Kind.MEASURED,
            context -> {
              context.watch().phase("files", 7).goOn(3);
              return FakeSection.result(Kind.MEASURED);
            });
    List<String> heard = new ArrayList<>();
    new Report(
            List.of(ONE, working),
            folder,
            folder,
            true,
            (phase, total) ->
                done -> {
                  heard.add(phase + " " + done + "/" + total);
                  return true;
                })
        .run();
    assertEquals(List.of("one 0/1", "working 0/1", "2 of 2, working: files 3/7"), heard);
  }

  @Test
  void numbersStandToTheRightAndSentencesToTheLeft() throws Exception {
    Table table =
        new Table(
            List.of("row", "claim", "theirs", "off by", "none"),
            List.of(
                List.of("1", "it is said that this is ten times as fast", "> 10", "-0.3 %", ""),
                List.of("2", "short", "1.2e-5", "", "")));
    FakeSection section =
        new FakeSection(
            "table",
            Kind.MODELLED,
            context ->
                new SectionResult(
                    List.of(),
                    List.of(Figure.of("a table", Kind.MODELLED, table)),
                    JsonNodeFactory.instance.objectNode()));
    Element figure = all(page(report(RunWatch.NONE, section)), "figure").get(0);
    var cells = figure.getElementsByTagName("td");
    assertEquals(
        List.of("word", "text", "number", "number", "number"),
        IntStream.range(0, 5)
            .mapToObj(i -> ((Element) cells.item(i)).getAttribute("class"))
            .toList());
  }
}
