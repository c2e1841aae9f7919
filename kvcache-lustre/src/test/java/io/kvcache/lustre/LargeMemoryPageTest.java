package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kvcache.fixture.Page;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whoever is called at night finds every counter in docs/operations.md. */
class LargeMemoryPageTest {
  @Test
  void everyCounterHasARowAndEveryRowACounter() {
    List<String> counters =
        Arrays.stream(LargeMemoryStats.class.getRecordComponents())
            .map(RecordComponent::getName)
            .toList();
    Page page = Page.read("docs/operations.md");
    assertEquals(counters, page.all("(?m)^\\| `(\\w+)` of `LargeMemoryStats` \\|.*\\|.*\\|$"));
  }
}
