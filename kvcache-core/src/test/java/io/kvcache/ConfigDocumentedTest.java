package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Page;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What docs/embedding.md says about files is what is read. */
class ConfigDocumentedTest {
  private final Page page = Page.read("docs/embedding.md");

  @Test
  void theTableHasEveryField() {
    assertListed("", KvCacheConfig.CACHE.fields());
    assertListed("store.", KvCacheConfig.STORE.fields());
    assertListed("layout.", ConfigLayout.SETTINGS.fields());
  }

  private void assertListed(String section, List<String> fields) {
    List<String> rows = page.all("(?m)^\\| (`.*`) \\|.*\\|.*\\|$");
    for (String field : fields) {
      // A section's own row is those of its fields.
      String start = "`" + section + field;
      assertTrue(
          rows.stream().anyMatch(row -> row.contains(start + "`") || row.contains(start + ".")),
          start + "` has no row");
    }
  }

  @Test
  void theExamplesAreRead() {
    List<String> examples = page.blocks("json");
    assertEquals(2, examples.size());
    KvCacheConfig whole = KvCacheConfig.parse(examples.get(0));
    assertTrue(whole.store().isPresent());
    for (String field : KvCacheConfig.CACHE.fields()) {
      // The model has no state, so it is in the other example.
      String example = examples.get(field.equals("state_every") ? 1 : 0);
      assertTrue(example.contains("  \"" + field + "\": "), field);
    }
    for (String field : KvCacheConfig.STORE.fields()) {
      assertTrue(examples.get(0).contains("    \"" + field + "\": "), field);
    }
    KvCacheConfig.parse(examples.get(1));
  }
}
