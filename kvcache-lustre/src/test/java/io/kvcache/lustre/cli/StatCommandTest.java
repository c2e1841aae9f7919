package io.kvcache.lustre.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.StoreFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;

class StatCommandTest extends CommandTestBase {
  @Test
  void eachNamespaceHasItsChunksBytesAndOldestStamp() throws Exception {
    fill(root, Layouts.FULL, 0, 2, 1, 7);
    fill(root, Layouts.FULL, 1, 2, 1, 7);
    fill(root, Layouts.HYBRID, 0, 1, 2, 5);
    Path oldest = StoreFiles.images(root).get(3);
    Files.setLastModifiedTime(oldest, FileTime.fromMillis(1_600_000_000_000L));
    long bytes = 0;
    for (Path image : StoreFiles.images(root)) {
      bytes += Files.size(image);
    }
    JsonNode stat = json("stat", root.toString(), "--json");
    assertEquals(3, stat.get("namespaces").size());
    assertEquals(19, stat.get("chunks").longValue());
    assertEquals(StoreFiles.images(root).size(), stat.get("images").longValue());
    assertEquals(bytes, stat.get("bytes").longValue());
    assertTrue(stat.get("complete").booleanValue());
    int sevens = 0;
    for (JsonNode namespace : stat.get("namespaces")) {
      String name = namespace.get("name").textValue();
      assertTrue(Files.isDirectory(root.resolve(name)), name);
      assertTrue(namespace.get("bytes").longValue() > 0);
      sevens += namespace.get("chunks").longValue() == 7 ? 1 : 0;
      if (oldest.startsWith(root.resolve(name))) {
        assertEquals(1_600_000_000_000L, namespace.get("oldest_stamp_ms").longValue());
      } else {
        assertTrue(namespace.get("oldest_stamp_ms").longValue() > 1_600_000_000_000L);
      }
    }
    assertEquals(2, sevens);
  }

  @Test
  void peopleReadTheSame() {
    fill(3);
    String text = text("stat", root.toString());
    assertTrue(text.contains("3 chunks, 3 images, 36.9 kB, used between 20"), text);
    assertTrue(text.contains("1 namespaces, 3 chunks"), text);
  }
}
