package io.kvcache.bench.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvcache.bench.chart.LineChart.Line;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class LineChartTest {
  private static final LineChart CHART =
      new LineChart(
          "Reads < writes & \"more\"",
          Axis.doubling("threads"),
          Axis.log("time, ms"),
          List.of(
              Line.of("4 MiB", new double[] {1, 2, 4, 64}, new double[] {0.02, 0.5, 30, 400}),
              Line.of("<16> MiB", new double[] {2, 4}, new double[] {1, 2})));

  @BeforeAll
  static void needsFonts() {
    Optional<String> why = LineChart.unavailable();
    assumeTrue(why.isEmpty(), why::orElseThrow);
  }

  private static Document parsed(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
  }

  private static List<String> texts(String svg) throws Exception {
    var all = parsed(svg).getElementsByTagName("text");
    return java.util.stream.IntStream.range(0, all.getLength())
        .mapToObj(i -> all.item(i).getTextContent())
        .toList();
  }

  @ParameterizedTest
  @EnumSource(Theme.class)
  void everythingThatIsWrittenStaysText(Theme theme) throws Exception {
    List<String> texts = texts(CHART.toSvg(theme));
    assertTrue(
        texts.containsAll(
            List.of(
                "Reads < writes & \"more\"",
                "threads",
                "time, ms",
                "4 MiB",
                "<16> MiB",
                "64",
                "0.1",
                "1",
                "100")),
        texts::toString);
  }

  @ParameterizedTest
  @EnumSource(Theme.class)
  void theSameChartHasTheSameBytes(Theme theme) {
    assertEquals(CHART.toSvg(theme), CHART.toSvg(theme));
  }

  @Test
  void nothingOfTheMachineOrTheNetworkIsInIt() {
    String svg = CHART.toSvg(Theme.LIGHT);
    assertFalse(svg.contains("DOCTYPE"), svg);
    assertFalse(svg.contains("font-family:"), svg);
    assertEquals(2, svg.split("http", -1).length, "only the name space is an address");
  }

  @Test
  void darkPagesGetAnotherGroundAndLightTextAndTheSameLines() {
    String light = CHART.toSvg(Theme.LIGHT);
    String dark = CHART.toSvg(Theme.DARK);
    assertNotEquals(light, dark);
    assertTrue(dark.contains("fill:rgb(13,17,23)") && !dark.contains("rgb(255,255,255)"), dark);
    assertTrue(light.contains("rgb(11,132,196)") && dark.contains("rgb(11,132,196)"), dark);
  }

  @Test
  void idsCanBeMadeUniqueOnAPage() {
    String svg = CHART.toSvg(Theme.DARK, "a-");
    assertTrue(svg.contains("id=\"a-clip0\"") && svg.contains("url(#a-clip0)"), svg);
    assertFalse(svg.contains("url(#clip"), svg);
  }

  @Test
  void inAPageItsCaptionIsItsTitle() throws Exception {
    assertFalse(texts(CHART.toSvg(Theme.DARK, "a-")).contains(CHART.title()));
  }

  @Test
  void anAxisBetweenItsValuesDoesNotBeginAtZero() throws Exception {
    Line line = Line.of("a", new double[] {50, 90, 99}, new double[] {1, 2, 3});
    List<String> texts =
        texts(
            new LineChart("t", Axis.between("x"), Axis.linear("y"), List.of(line))
                .toSvg(Theme.LIGHT, "a-"));
    assertTrue(
        texts.contains("50") && texts.contains("90") && !texts.contains("40"), texts::toString);
  }

  @Test
  void itIsSmallEnoughForAPageOfMany() {
    assertTrue(CHART.toSvg(Theme.LIGHT).length() < 60_000, CHART.toSvg(Theme.LIGHT));
  }

  @Test
  void markdownGetsAFileForEachTheme(@TempDir Path folder) throws Exception {
    Path charts = Files.createDirectory(folder.resolve("charts"));
    String markdown = ChartFiles.write(charts, "reads", CHART);
    assertEquals(CHART.toSvg(Theme.DARK), Files.readString(charts.resolve("reads-dark.svg")));
    assertEquals(CHART.toSvg(Theme.LIGHT), Files.readString(charts.resolve("reads-light.svg")));
    assertTrue(
        markdown.contains("(prefers-color-scheme: dark)\" srcset=\"charts/reads-dark.svg\"")
            && markdown.contains("src=\"charts/reads-light.svg\"")
            && markdown.contains("alt=\"Reads &lt; writes &amp; &quot;more&quot;\""),
        markdown);
  }

  @Test
  void aLogarithmicAxisHasNoZero() {
    Line zero = Line.of("a", new double[] {1}, new double[] {0});
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> new LineChart("t", Axis.linear("x"), Axis.log("y"), List.of(zero)));
    assertTrue(refused.getMessage().contains("(1.0, 0.0)"), refused::getMessage);
    new LineChart("t", Axis.linear("x"), Axis.linear("y"), List.of(zero)).toSvg(Theme.LIGHT);
  }

  @Test
  void nothingToDrawIsRefused() {
    Axis axis = Axis.linear("x");
    Line one = Line.of("a", new double[] {1}, new double[] {1});
    for (List<Line> lines :
        List.of(List.<Line>of(), List.of(new Line("a", new TreeMap<>())), List.of(one, one))) {
      assertThrows(IllegalArgumentException.class, () -> new LineChart("t", axis, axis, lines));
    }
    assertThrows(IllegalArgumentException.class, () -> Line.of("a", new double[1], new double[2]));
  }
}
