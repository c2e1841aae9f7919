package io.kvcache.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.HbmStats;
import io.kvcache.KvCacheStats;
import io.kvcache.ShortenedBy;
import io.kvcache.StoreOutcome;
import io.kvcache.TierStats;
import io.kvcache.fixture.Page;
import io.kvcache.store.CapacityStats;
import io.kvcache.store.IoStats;
import io.kvcache.store.StoreStats;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whoever is called at night finds every counter and every reason in docs/operations.md. */
class OperationsPageTest {
  private final Page page = Page.read("docs/operations.md");

  @Test
  void everyCounterHasARowAndEveryRowACounter() {
    Set<String> counters =
        Stream.of(
                KvCacheStats.class,
                TierStats.class,
                HbmStats.class,
                StoreStats.class,
                IoStats.class,
                CapacityStats.class)
            .flatMap(
                stats ->
                    Arrays.stream(stats.getRecordComponents())
                        .map(counter -> stats.getSimpleName() + "." + counter.getName()))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(counters, new TreeSet<>(page.all("(?m)^\\| `(\\w+\\.\\w+)` \\|.*\\|.*\\|$")));
  }

  @Test
  void everyReasonHasARow() {
    Set<String> rows = new TreeSet<>(page.all("(?m)^\\| `(\\w+)` \\|.*\\|.*\\|$"));
    for (ShortenedBy reason : ShortenedBy.values()) {
      assertTrue(rows.contains(reason.name()), reason.name());
    }
    for (StoreOutcome outcome : StoreOutcome.values()) {
      boolean good = page.text().contains("`" + outcome.name() + "`");
      assertTrue(good, outcome.name());
    }
  }
}
