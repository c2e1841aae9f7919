package io.kvcache.bench.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.geom.Rectangle2D;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.block.BlockBorder;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.chart.text.TextUtils;
import org.jfree.chart.title.LegendTitle;
import org.jfree.chart.ui.RectangleInsets;
import org.jfree.data.xy.DefaultXYDataset;

/**
 * Lines with a mark at every value and a legend, as SVG: text stays text, and the same chart has
 * the same bytes on one machine. It needs the JDK's AWT, without a display, and any font.
 *
 * @param title what it shows
 * @param x the axis to the right
 * @param y the axis upwards
 * @param lines in the order of the legend
 */
public record LineChart(String title, Axis x, Axis y, List<Line> lines) {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 440;

  /** Okabe and Ito's, told apart by colour-blind eyes too; those with contrast on both grounds. */
  private static final List<Color> COLOURS =
      List.of(
          new Color(0x0b84c4),
          new Color(0xd55e00),
          new Color(0x12996f),
          new Color(0xc2608f),
          new Color(0x9a7b00),
          new Color(0x7a7a7a));

  /** More could not be told apart. */
  public static final int MOST_LINES = 6;

  static {
    System.setProperty("java.awt.headless", System.getProperty("java.awt.headless", "true"));
    // Else the title of y is drawn as outlines of letters.
    TextUtils.setUseDrawRotatedStringWorkaround(false);
  }

  /**
   * One line.
   *
   * @param name in the legend
   * @param points y by x, at least one
   */
  public record Line(String name, SortedMap<Double, Double> points) {
    /** Keeps a copy. */
    public Line {
      points = new TreeMap<>(points);
    }

    /** A line through those points. */
    public static Line of(String name, double[] x, double[] y) {
      if (x.length != y.length) {
        throw new IllegalArgumentException(
            name + ": " + x.length + " values of x and " + y.length + " of y");
      }
      SortedMap<Double, Double> points = new TreeMap<>();
      for (int i = 0; i < x.length; i++) {
        points.put(x[i], y[i]);
      }
      return new Line(name, points);
    }

    private double[][] columns() {
      return new double[][] {
        points.keySet().stream().mapToDouble(at -> at).toArray(),
        points.values().stream().mapToDouble(value -> value).toArray()
      };
    }
  }

  /** Checks that there is something to draw, on these axes, in colours that can be told apart. */
  public LineChart {
    lines = List.copyOf(lines);
    if (lines.isEmpty()
        || lines.size() > MOST_LINES
        || lines.stream().anyMatch(line -> line.points().isEmpty())
        || lines.stream().map(Line::name).distinct().count() < lines.size()) {
      throw new IllegalArgumentException(
          String.format(
              "%s: %d lines; from 1 to %d, none empty, each with a name of its own",
              title, lines.size(), MOST_LINES));
    }
    for (Line line : lines) {
      line.points()
          .forEach(
              (at, value) -> {
                if (!x.holds(at) || !y.holds(value)) {
                  throw new IllegalArgumentException(
                      String.format(
                          "%s, %s: no place for (%s, %s) on axes that are %s and %s",
                          title, line.name(), at, value, x.scale(), y.scale()));
                }
              });
    }
  }

  /** Why charts cannot be drawn on this machine: a JRE without AWT, a system without any font. */
  public static Optional<String> unavailable() {
    try {
      new LineChart(
              "t",
              Axis.linear("x"),
              Axis.linear("y"),
              List.of(new Line("a", new TreeMap<>(Map.of(1.0, 1.0)))))
          .toSvg(Theme.LIGHT);
      return Optional.empty();
    } catch (LinkageError | InternalError | RuntimeException e) {
      return Optional.of("text cannot be drawn: no font, or no AWT in this JRE: " + e);
    }
  }

  /** The picture, as a file of its own. */
  public String toSvg(Theme theme) {
    return svg(theme, "", title);
  }

  /**
   * The picture, without an XML declaration, to be put into a page whose caption is its title.
   *
   * @param prefix of the ids in it, which must be unique on a page; letters, digits and hyphens
   */
  public String toSvg(Theme theme, String prefix) {
    return svg(theme, prefix, null);
  }

  private String svg(Theme theme, String prefix, String shownTitle) {
    JFreeChart chart = chart(theme, shownTitle);
    return new SvgText(WIDTH, HEIGHT, title, prefix)
        .draw(canvas -> chart.draw(canvas, new Rectangle2D.Double(0, 0, WIDTH, HEIGHT)));
  }

  private JFreeChart chart(Theme theme, String shownTitle) {
    DefaultXYDataset data = new DefaultXYDataset();
    XYLineAndShapeRenderer renderer = new XYLineAndShapeRenderer();
    for (int i = 0; i < lines.size(); i++) {
      data.addSeries(lines.get(i).name(), lines.get(i).columns());
      renderer.setSeriesPaint(i, COLOURS.get(i));
      renderer.setSeriesStroke(
          i, new BasicStroke(2.5f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    }
    XYPlot plot = new XYPlot(data, x.draw(values(0), theme), y.draw(values(1), theme), renderer);
    plot.setBackgroundPaint(theme.ground());
    plot.setOutlineVisible(false);
    plot.setDomainGridlinePaint(theme.grid());
    plot.setRangeGridlinePaint(theme.grid());
    plot.setDomainGridlineStroke(new BasicStroke(1));
    plot.setRangeGridlineStroke(new BasicStroke(1));
    JFreeChart chart = new JFreeChart(shownTitle, font(Font.BOLD, 16), plot, true);
    chart.setBackgroundPaint(theme.ground());
    chart.setPadding(new RectangleInsets(8, 4, 4, 16));
    if (shownTitle != null) {
      chart.getTitle().setPaint(theme.text());
    }
    LegendTitle legend = chart.getLegend();
    legend.setItemFont(font(Font.PLAIN, 13));
    legend.setItemPaint(theme.text());
    legend.setBackgroundPaint(theme.ground());
    legend.setFrame(BlockBorder.NONE);
    return chart;
  }

  private DoubleStream values(int column) {
    return lines.stream().flatMapToDouble(line -> DoubleStream.of(line.columns()[column]));
  }

  static Font font(int style, int size) {
    return new Font(Font.SANS_SERIF, style, size);
  }
}
