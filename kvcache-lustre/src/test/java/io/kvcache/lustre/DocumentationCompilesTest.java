package io.kvcache.lustre;

import io.kvcache.fixture.Page;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java blocks of this module's page are one compilation unit that compiles. */
class DocumentationCompilesTest {
  @Test
  void examplesCompile(@TempDir Path classes) {
    Page.read("docs/lustre.md").compileTo(classes);
  }
}
