package io.kvcache.lustre.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.store.DirectoryStore;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that Ctrl-C may close at any moment. */
class AdminStoreTest {
  @TempDir Path root;

  @Test
  void whatIsAskedOfAStoreThatWasClosedMeanwhileIsNothingAndNoFailure() {
    try (AdminStore admin = AdminStore.open(root, settings -> {})) {
      assertTrue(admin.filesystem().isPresent());
      assertTrue(admin.unlessEnded(DirectoryStore::survey).isPresent());
      admin.store().close();
      assertEquals(Optional.empty(), admin.filesystem());
      assertEquals(Optional.empty(), admin.unlessEnded(DirectoryStore::survey));
      assertEquals(
          Optional.empty(), admin.unlessEnded(store -> store.evictForFilesystem(0.9, 0.1, false)));
    }
  }

  @Test
  void aFailureOfAnOpenStoreIsOne() {
    try (AdminStore admin = AdminStore.open(root, settings -> {})) {
      assertThrows(
          IllegalStateException.class,
          () ->
              admin.unlessEnded(
                  store -> {
                    throw new IllegalStateException("a defect");
                  }));
      assertFalse(admin.interruption().asked());
    }
  }
}
