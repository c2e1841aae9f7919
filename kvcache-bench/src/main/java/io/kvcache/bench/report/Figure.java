package io.kvcache.bench.report;

import io.kvcache.bench.chart.LineChart;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A table, and a chart of it where one helps.
 *
 * @param caption what it shows
 * @param kind where its numbers come from; a table of two kinds is two figures
 * @param chart of the same numbers
 * @param table always there: for those who do not see the chart, and for copying
 */
public record Figure(String caption, Kind kind, Optional<LineChart> chart, Table table) {
  /** A table alone. */
  public static Figure of(String caption, Kind kind, Table table) {
    return new Figure(caption, kind, Optional.empty(), table);
  }

  /** A chart, and its values as a table: a row for each x, a column for each line. */
  public static Figure of(Kind kind, LineChart chart) {
    List<String> columns = new ArrayList<>();
    columns.add(chart.x().title());
    chart.lines().forEach(line -> columns.add(line.name()));
    SortedSet<Double> all = new TreeSet<>();
    chart.lines().forEach(line -> all.addAll(line.points().keySet()));
    List<List<String>> rows = new ArrayList<>();
    for (double x : all) {
      List<String> row = new ArrayList<>();
      row.add(number(x));
      chart.lines().forEach(line -> row.add(number(line.points().get(x))));
      rows.add(row);
    }
    return new Figure(
        chart.title() + ": " + chart.y().title(),
        kind,
        Optional.of(chart),
        new Table(columns, rows));
  }

  /** A number as tables show it: three digits behind small ones, thousands with commas. */
  public static String number(Double value) {
    if (value == null) {
      return "";
    }
    double size = Math.abs(value);
    if (value == Math.rint(value) || size >= 1000) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    return String.format(Locale.ROOT, size >= 100 ? "%.1f" : size >= 1 ? "%.2f" : "%.3g", value);
  }
}
