package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.ChildJvm;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.fixture.TornWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KilledWriterTest extends FaultTestBase {
  @ParameterizedTest
  @ValueSource(ints = {1, 6})
  void aProcessKilledInMidWriteLeavesWholeFilesAndATemporaryThatBlocksNobody(int image)
      throws Exception {
    try (ChildJvm child =
        ChildJvm.start(TornWriter.class, root.toString(), "42", "" + tokens.length, "" + image)) {
      assertEquals("torn", child.nextLine());
      child.kill();
    }
    int whole = image - 1;
    restart();
    assertEquals(whole, StoreFiles.images(root).size());
    List<Path> torn = leftOvers();
    assertEquals(1, torn.size());
    String name = torn.get(0).getFileName().toString();
    String token = name.substring(name.lastIndexOf('.') + 1);
    assertTrue(Files.exists(root.resolve(".owners").resolve(token)), "the owner can be found dead");

    assertRestored(whole * CHUNK, ShortenedBy.MISS);
    assertEquals(0, store.stats().corrupt());
    assertTrue(storeAll().complete());
    restart();
    assertRestored(ALL, ShortenedBy.NOTHING);
    assertEquals(torn, leftOvers(), "somebody else's temporary file is not ours to remove");
  }
}
