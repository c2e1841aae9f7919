package io.kvcache.bench.report;

import java.util.List;

/**
 * Rows of text; the first column names the row.
 *
 * @param columns their titles, with units
 * @param rows as many cells each as there are columns
 */
public record Table(List<String> columns, List<List<String>> rows) {
  /** Checks that every row has every column. */
  public Table {
    columns = List.copyOf(columns);
    rows = rows.stream().map(List::copyOf).toList();
    for (List<String> row : rows) {
      if (row.size() != columns.size()) {
        throw new IllegalArgumentException(
            row + ": " + row.size() + " cells for the " + columns.size() + " columns " + columns);
      }
    }
  }
}
