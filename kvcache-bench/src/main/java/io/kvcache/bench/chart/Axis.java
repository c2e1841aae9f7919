package io.kvcache.bench.chart;

import java.awt.BasicStroke;
import java.awt.Font;
import java.util.stream.DoubleStream;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.ValueAxis;

/**
 * An axis of a chart.
 *
 * @param title what it counts, and the unit
 * @param scale how values are spaced
 */
public record Axis(String title, Scale scale) {
  /** How values are spaced. */
  public enum Scale {
    /** Evenly, from zero. */
    LINEAR,

    /** Evenly, from the least value to the greatest: where zero would be an empty half. */
    BETWEEN,

    /** Each decade as long as the next: for orders of magnitude. */
    LOG,

    /** Each doubling as long as the next: for threads and sizes. */
    DOUBLING
  }

  /** An axis from zero. */
  public static Axis linear(String title) {
    return new Axis(title, Scale.LINEAR);
  }

  /** An axis that begins at the least value. */
  public static Axis between(String title) {
    return new Axis(title, Scale.BETWEEN);
  }

  /** An axis of decades, without zero. */
  public static Axis log(String title) {
    return new Axis(title, Scale.LOG);
  }

  /** An axis of powers of two, without zero. */
  public static Axis doubling(String title) {
    return new Axis(title, Scale.DOUBLING);
  }

  /** Whether that value has a place on it. */
  boolean holds(double value) {
    return Double.isFinite(value)
        && (scale == Scale.LINEAR ? value >= 0 : scale == Scale.BETWEEN || value > 0);
  }

  ValueAxis draw(DoubleStream values, Theme theme) {
    var range = values.summaryStatistics();
    ValueAxis axis =
        switch (scale) {
          case LINEAR -> linear(0, range.getMax());
          case BETWEEN -> linear(range.getMin(), range.getMax());
          case LOG -> LogTicks.decades(title, range.getMin(), range.getMax());
          case DOUBLING -> LogTicks.doublings(title, range.getMin(), range.getMax());
        };
    axis.setLabelFont(LineChart.font(Font.PLAIN, 13));
    axis.setTickLabelFont(LineChart.font(Font.PLAIN, 12));
    axis.setLabelPaint(theme.text());
    axis.setTickLabelPaint(theme.text());
    axis.setTickMarkPaint(theme.text());
    axis.setAxisLinePaint(theme.text());
    axis.setAxisLineStroke(new BasicStroke(1));
    return axis;
  }

  private ValueAxis linear(double least, double most) {
    NumberAxis axis = new NumberAxis(title);
    double margin = most > least ? (most - least) * 0.05 : 1;
    axis.setRange(least == 0 ? 0 : least - margin, most + margin);
    axis.setNumberFormatOverride(new Figures());
    return axis;
  }
}
