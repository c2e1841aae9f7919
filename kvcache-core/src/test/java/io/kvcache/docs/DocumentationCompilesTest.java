package io.kvcache.docs;

import io.kvcache.fixture.Page;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Java blocks of a page, one after the other, are one compilation unit that compiles. */
class DocumentationCompilesTest {
  @TempDir Path classes;

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "docs/embedding.md", "docs/operations.md"})
  void examplesCompile(String page) {
    Page.read(page).compileTo(classes);
  }
}
