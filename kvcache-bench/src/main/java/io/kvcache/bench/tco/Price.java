package io.kvcache.bench.tco;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Locale;

/**
 * What something costs, as somebody listed it.
 *
 * @param dollars US dollars for one {@code per}; 0 or more
 * @param per what is bought, such as {@code hour} or {@code GiB-month}
 * @param source who lists it; where {@code assumption} is set, why it is taken
 * @param date when the price was listed or looked up, {@code yyyy-mm-dd}
 * @param assumption whether nobody lists it
 */
public record Price(double dollars, String per, String source, String date, boolean assumption) {
  public Price {
    if (!(dollars >= 0) || Double.isInfinite(dollars)) {
      throw new IllegalArgumentException(
          "price of " + dollars + " dollars per " + per + ": a finite number, 0 or more");
    }
    if (per == null || per.isBlank() || source == null || source.isBlank()) {
      throw new IllegalArgumentException(
          "price of " + dollars + " dollars: say per what, and its source");
    }
    try {
      LocalDate.parse(date == null ? "" : date);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "price of " + dollars + " dollars per " + per + " has date " + date + ": yyyy-mm-dd", e);
    }
  }

  /** In print: {@code $84.81 per hour (Google Cloud list price, 2026-09-07)}. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        (dollars < 1 ? "$%.3f" : "$%,.2f") + " per %s (%s%s, %s)",
        dollars,
        per,
        assumption ? "assumption: " : "",
        source,
        date);
  }
}
