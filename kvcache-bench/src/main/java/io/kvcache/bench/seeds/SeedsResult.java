package io.kvcache.bench.seeds;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything that is printed of a run, by the command and in the report.
 *
 * @param seed of the simulations
 * @param complete whether it is all that was asked for
 * @param rows in the documents' order
 * @param constants of the documents that have rows
 * @param curves of the two charts; none without rows of the document that they are of
 */
public record SeedsResult(
    long seed,
    boolean complete,
    List<SeedRow> rows,
    List<DocumentConstants> constants,
    List<Curve> curves) {
  /** Those rows with all that belongs to them. */
  public static SeedsResult of(long seed, Seeds seeds, Seeds.Found found) throws IOException {
    List<DocumentConstants> sets = new ArrayList<>();
    for (SourceDocument document : SourceDocument.all()) {
      if (found.rows().stream().anyMatch(r -> r.document().equals(document.document()))) {
        sets.add(seeds.constants(document, found.rows()));
      }
    }
    List<Curve> curves = found.hasCharts() ? seeds.curves() : List.of();
    return new SeedsResult(seed, found.complete(), found.rows(), sets, curves);
  }

  /** Each row's assumptions; what several rows of a document share stands at the first of them. */
  public Map<SeedRow, List<String>> newAssumptions() {
    Map<SeedRow, List<String>> all = new LinkedHashMap<>();
    Set<String> said = new HashSet<>();
    for (SeedRow row : rows) {
      all.put(row, row.assumptions().stream().filter(a -> said.add(row.document() + a)).toList());
    }
    return all;
  }
}
