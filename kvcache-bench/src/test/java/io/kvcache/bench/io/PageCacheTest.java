package io.kvcache.bench.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageCacheTest {
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");

  @Test
  void whatIsInMemoryIsNeverColdWhateverTheMode() throws IOException {
    assumeTrue(Files.isWritable(SHARED_MEMORY), "no " + SHARED_MEMORY);
    assumeTrue(Files.getFileStore(SHARED_MEMORY).type().equals("tmpfs"), "no tmpfs");
    try (TemporaryFolder folder = TemporaryFolder.in(SHARED_MEMORY)) {
      Files.write(folder.path().resolve("file"), new byte[8192]);
      for (boolean direct : new boolean[] {false, true}) {
        String why = PageCache.makeCold(folder.path(), direct).orElseThrow();
        assertTrue(why.startsWith("tmpfs is memory"), why);
      }
    }
  }

  @Test
  void onADiskDirectReadsAreColdAsTheyAre(@TempDir Path folder) throws IOException {
    assumeTrue(!Files.getFileStore(folder).type().equals("tmpfs"), "a tmpfs");
    assertEquals(Optional.empty(), PageCache.makeCold(folder, true));
  }
}
