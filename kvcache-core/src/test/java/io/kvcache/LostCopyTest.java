package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.store.DirectoryStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Files that another node removed while this one still has the chunks in memory. */
class LostCopyTest extends FaultTestBase {
  @Override
  DirectoryStore.Builder settings(DirectoryStore.Builder builder) {
    return builder.stampInterval(Duration.ofMillis(1)).presenceTtl(Duration.ofMillis(1));
  }

  @Test
  void aFileThatAHitFindsGoneIsWrittenAgainByTheNextStore() throws Exception {
    restart();
    assertTrue(storeAll().complete());
    Path lost = file(4);
    Files.delete(lost);
    while (store.stats().stampErrors() == 0) {
      assertRestored(ALL, ShortenedBy.NOTHING); // from memory, and each hit stamps the files
    }
    while (!Files.exists(lost)) {
      PersistReport persisted = storeAll();
      assertTrue(persisted.complete(), persisted.toString());
    }
    restart();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void aDirectoryUnderAnImagesNameIsNoImage() throws Exception {
    assertStoredAndRestart();
    Path planted = file(6);
    Files.delete(planted);
    Files.createDirectory(planted);
    assertEquals(6 * CHUNK, restore().tokens());
    assertTrue(Files.isDirectory(planted), "what is not ours is left alone");
    Files.delete(planted);
  }
}
