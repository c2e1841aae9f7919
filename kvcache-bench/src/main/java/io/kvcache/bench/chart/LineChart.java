package io.kvcache.bench.chart;

import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Lines over a few values of x that stand at equal distances, whatever they are, and y from zero.
 * Its SVG follows the reader's colour scheme: ground, text and grid change with it, and the lines'
 * colours keep their contrast on both.
 *
 * @param title what it shows
 * @param xTitle name and unit of x
 * @param yTitle name and unit of y
 * @param lines in the order of the legend
 */
public record LineChart(String title, String xTitle, String yTitle, List<Line> lines) {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 420;
  private static final int LEFT = 80;
  private static final int RIGHT = 110;
  private static final int TOP = 48;
  private static final int BOTTOM = 60;
  private static final int INSET = 20;
  private static final int TICKS = 5;

  /** Okabe and Ito's, told apart by colour-blind eyes too; those with contrast on both grounds. */
  private static final List<String> COLOURS =
      List.of("#0b84c4", "#d55e00", "#12996f", "#c2608f", "#9a7b00", "#7a7a7a");

  private static final String STYLE =
      """
      <style>
        text { font: 13px system-ui, sans-serif; fill: #24292f; }
        .ground { fill: #ffffff; }
        .title { font-size: 16px; font-weight: 600; }
        .grid { stroke: #d0d7de; stroke-width: 1; }
        .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
        @media (prefers-color-scheme: dark) {
          .ground { fill: #0d1117; }
          text { fill: #e6edf3; }
          .grid { stroke: #3d444d; }
        }
      </style>
      """;

  /**
   * One line.
   *
   * @param name in the legend
   * @param points y by x, at least one
   */
  public record Line(String name, SortedMap<Integer, Double> points) {}

  /** Checks that there is something to draw, in colours that can be told apart. */
  public LineChart {
    lines = List.copyOf(lines);
    if (lines.isEmpty()
        || lines.size() > COLOURS.size()
        || lines.stream().anyMatch(line -> line.points().isEmpty())) {
      throw new IllegalArgumentException(
          title + ": " + lines.size() + " lines; from 1 to " + COLOURS.size() + ", none empty");
    }
  }

  /** The picture. */
  public String toSvg() {
    SortedSet<Integer> xs = new TreeSet<>();
    lines.forEach(line -> xs.addAll(line.points().keySet()));
    List<Integer> columns = List.copyOf(xs);
    double step =
        niceStep(
            lines.stream()
                    .flatMap(line -> line.points().values().stream())
                    .mapToDouble(y -> y)
                    .max()
                    .orElseThrow()
                / TICKS);
    StringBuilder svg = new StringBuilder();
    add(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\""
            + " role=\"img\" aria-label=\"%s\">",
        WIDTH,
        HEIGHT,
        WIDTH,
        HEIGHT,
        escaped(title));
    svg.append(STYLE);
    add(svg, "<rect class=\"ground\" width=\"%d\" height=\"%d\"/>", WIDTH, HEIGHT);
    add(svg, "<text class=\"title\" x=\"%d\" y=\"26\">%s</text>", LEFT, escaped(title));
    axes(svg, columns, step);
    for (int i = 0; i < lines.size(); i++) {
      draw(svg, i, columns, step);
    }
    return svg.append("</svg>\n").toString();
  }

  private void axes(StringBuilder svg, List<Integer> columns, double step) {
    for (int tick = 0; tick <= TICKS; tick++) {
      double y = y(tick * step, step);
      add(
          svg,
          "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
          LEFT,
          WIDTH - RIGHT,
          y,
          y);
      add(
          svg,
          "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
          LEFT - 8,
          y + 4,
          label(tick * step));
    }
    for (int i = 0; i < columns.size(); i++) {
      add(
          svg,
          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>",
          x(i, columns.size()),
          HEIGHT - BOTTOM + 20,
          columns.get(i));
    }
    int middle = (LEFT + WIDTH - RIGHT) / 2;
    add(
        svg,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>",
        middle,
        HEIGHT - 14,
        escaped(xTitle));
    int centre = (TOP + HEIGHT - BOTTOM) / 2;
    add(
        svg,
        "<text x=\"20\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 20 %d)\">%s</text>",
        centre,
        centre,
        escaped(yTitle));
  }

  private void draw(StringBuilder svg, int number, List<Integer> columns, double step) {
    Line line = lines.get(number);
    String colour = COLOURS.get(number);
    StringBuilder points = new StringBuilder();
    line.points()
        .forEach(
            (at, value) -> {
              double x = x(columns.indexOf(at), columns.size());
              add(points, "%.1f,%.1f ", x, y(value, step));
              add(
                  svg,
                  "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>",
                  x,
                  y(value, step),
                  colour);
            });
    add(
        svg,
        "<polyline class=\"line\" stroke=\"%s\" points=\"%s\"/>",
        colour,
        points.toString().replaceAll("\\s+", " ").strip());
    int legend = TOP + 10 + 22 * number;
    int left = WIDTH - RIGHT + 14;
    add(
        svg,
        "<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2.5\"/>",
        left,
        left + 18,
        legend,
        legend,
        colour);
    add(svg, "<text x=\"%d\" y=\"%d\">%s</text>", left + 24, legend + 4, escaped(line.name()));
  }

  private static double x(int column, int columns) {
    int width = WIDTH - RIGHT - LEFT - 2 * INSET;
    return LEFT + INSET + (columns == 1 ? width / 2.0 : (double) width * column / (columns - 1));
  }

  private static double y(double value, double step) {
    return HEIGHT - BOTTOM - value / (TICKS * step) * (HEIGHT - BOTTOM - TOP);
  }

  /** 1, 2, 2.5 or 5 times a power of ten, at least that much. */
  private static double niceStep(double atLeast) {
    double power = Math.pow(10, Math.floor(Math.log10(Math.max(atLeast, 1e-9))));
    for (double factor : new double[] {1, 2, 2.5, 5}) {
      if (factor * power >= atLeast) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  private static String label(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%,.0f", value)
        : String.format(Locale.ROOT, "%.4g", value);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }

  private static void add(StringBuilder svg, String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
