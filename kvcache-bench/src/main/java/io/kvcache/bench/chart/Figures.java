package io.kvcache.bench.chart;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.text.FieldPosition;
import java.text.NumberFormat;
import java.text.ParsePosition;
import java.util.Locale;

/** Labels of an axis: few digits, thousands with commas, whatever the locale. */
final class Figures extends NumberFormat {
  private static final long serialVersionUID = 1L;

  @Override
  public StringBuffer format(double value, StringBuffer to, FieldPosition position) {
    double size = Math.abs(value);
    String pattern = size >= 10 || size == 0 ? "#,##0.#" : size >= 0.1 ? "0.##" : "0.######";
    var symbols = DecimalFormatSymbols.getInstance(Locale.ROOT);
    return to.append(new DecimalFormat(pattern, symbols).format(value));
  }

  @Override
  public StringBuffer format(long value, StringBuffer to, FieldPosition position) {
    return format((double) value, to, position);
  }

  @Override
  public Number parse(String text, ParsePosition position) {
    return getInstance(Locale.ROOT).parse(text, position);
  }
}
