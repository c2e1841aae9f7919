package io.kvcache.bench.report;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.kvcache.bench.chart.Axis;
import io.kvcache.bench.chart.LineChart;
import java.io.IOException;
import java.util.List;

/** A section that takes no time and does what a test wants. */
public record FakeSection(String name, Kind kind, Body body) implements ReportSection {
  /** What it does. */
  @FunctionalInterface
  public interface Body {
    /** Returns a result, or breaks. */
    SectionResult run(ReportContext context) throws IOException;
  }

  /** A section with one chart, whose texts would break a page that does not escape them. */
  public static FakeSection working(String name, Kind kind) {
    return new FakeSection(name, kind, context -> result(kind));
  }

  static SectionResult result(Kind kind) {
    LineChart chart =
        new LineChart(
            "<b>bold</b> & \"quoted\"",
            Axis.log("tokens"),
            Axis.linear("µs"),
            List.of(
                LineChart.Line.of("</svg><script>", new double[] {1, 10}, new double[] {2, 3})));
    return new SectionResult(
        List.of("a note with <i>, ]]> and \u0001"),
        List.of(
            Figure.of(kind, chart),
            Figure.of("alone", kind, new Table(List.of("a"), List.of(List.of("1 < 2"))))),
        JsonNodeFactory.instance.objectNode().put("answer", 42));
  }

  @Override
  public String title() {
    return "Title of " + name + " <&>";
  }

  @Override
  public String command(ReportContext context) {
    return "java -jar kvcache-bench.jar " + name + " > 'x'";
  }

  @Override
  public SectionResult run(ReportContext context) throws IOException {
    return body.run(context);
  }
}
