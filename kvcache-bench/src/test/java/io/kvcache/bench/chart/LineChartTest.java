package io.kvcache.bench.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class LineChartTest {
  private static SortedMap<Integer, Double> points(Map<Integer, Double> points) {
    return new TreeMap<>(points);
  }

  private static Document draw(LineChart.Line... lines) throws Exception {
    String svg =
        new LineChart("Reads < writes & \"more\"", "threads", "MB/s", List.of(lines)).toSvg();
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
  }

  private static String attribute(Document svg, String tag, int number, String name) {
    return ((Element) svg.getElementsByTagName(tag).item(number)).getAttribute(name);
  }

  @Test
  void everyPointStandsAtItsPlace() throws Exception {
    Document svg =
        draw(
            new LineChart.Line("a", points(Map.of(1, 0.0, 2, 500.0, 64, 1000.0))),
            new LineChart.Line("b", points(Map.of(2, 250.0))));
    assertEquals("100.0,360.0 345.0,204.0 590.0,48.0", attribute(svg, "polyline", 0, "points"));
    assertEquals("345.0,282.0", attribute(svg, "polyline", 1, "points"));
    assertEquals(4, svg.getElementsByTagName("circle").getLength());
  }

  @Test
  void textIsEscapedAndLinesAreNamed() throws Exception {
    Document svg = draw(new LineChart.Line("4 MiB", points(Map.of(1, 3.7))));
    assertEquals("Reads < writes & \"more\"", svg.getDocumentElement().getAttribute("aria-label"));
    String all = svg.getDocumentElement().getTextContent();
    assertTrue(all.contains("4 MiB") && all.contains("threads") && all.contains("MB/s"), all);
  }

  @Test
  void darkPagesGetTheirOwnColours() throws Exception {
    Document svg = draw(new LineChart.Line("a", points(Map.of(1, 1.0))));
    String style = svg.getElementsByTagName("style").item(0).getTextContent();
    assertTrue(style.contains("prefers-color-scheme: dark"), style);
  }

  @Test
  void nothingToDrawIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new LineChart("t", "x", "y", List.of()));
    LineChart.Line empty = new LineChart.Line("a", new TreeMap<>());
    assertThrows(
        IllegalArgumentException.class, () -> new LineChart("t", "x", "y", List.of(empty)));
  }
}
