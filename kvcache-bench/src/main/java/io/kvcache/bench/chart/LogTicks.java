package io.kvcache.bench.chart;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import org.jfree.chart.axis.AxisState;
import org.jfree.chart.axis.LogAxis;
import org.jfree.chart.axis.NumberTick;
import org.jfree.chart.axis.TickType;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.chart.ui.TextAnchor;

/**
 * A logarithmic axis that says 1, 10, 100, or 1, 2, 5 where there are few decades, or 1, 2, 4. The
 * library's own labels are drawn as outlines of letters.
 */
final class LogTicks extends LogAxis {
  private static final long serialVersionUID = 1L;
  private static final double MARGIN = 1.25;
  private static final int MOST = 12;

  /** How many times the least value the greatest is, above which decades alone are labelled. */
  private static final double MANY = 300;

  private final transient List<Double> labelled = new ArrayList<>();

  private LogTicks(String title, double least, double most) {
    super(title);
    setRange(least, most);
  }

  static LogTicks decades(String title, double least, double most) {
    double margin = Math.max(MARGIN, Math.sqrt(10 * least / most));
    LogTicks axis = new LogTicks(title, least / margin, most * margin);
    double[] steps = most / least > MANY ? new double[] {1} : new double[] {1, 2, 5};
    int from = (int) Math.floor(Math.log10(axis.getLowerBound()));
    int to = (int) Math.ceil(Math.log10(axis.getUpperBound()));
    int stride = steps.length == 1 ? (to - from) / MOST + 1 : 1;
    for (int power = from; power <= to; power += stride) {
      for (double step : steps) {
        axis.label(step * Math.pow(10, power));
      }
    }
    return axis;
  }

  static LogTicks doublings(String title, double least, double most) {
    LogTicks axis = new LogTicks(title, least / MARGIN, most * MARGIN);
    int from = Math.getExponent(axis.getLowerBound());
    int to = Math.getExponent(axis.getUpperBound()) + 1;
    for (int power = from; power <= to; power += (to - from) / MOST + 1) {
      axis.label(Math.scalb(1.0, power));
    }
    return axis;
  }

  private void label(double value) {
    if (getRange().contains(value)) {
      labelled.add(value);
    }
  }

  @Override
  public List<NumberTick> refreshTicks(
      Graphics2D canvas, AxisState state, Rectangle2D area, RectangleEdge edge) {
    TextAnchor anchor =
        RectangleEdge.isLeftOrRight(edge) ? TextAnchor.CENTER_RIGHT : TextAnchor.TOP_CENTER;
    Figures figures = new Figures();
    return labelled.stream()
        .map(
            value ->
                new NumberTick(
                    TickType.MAJOR, value, figures.format(value), anchor, TextAnchor.CENTER, 0))
        .toList();
  }
}
