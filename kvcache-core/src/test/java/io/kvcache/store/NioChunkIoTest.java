package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.spi.ChunkIo;
import io.kvcache.spi.ChunkIoContract;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NioChunkIoTest {
  @Nested
  class Direct extends ChunkIoContract {
    @Override
    protected ChunkIo open(Path root) {
      NioChunkIo io = NioChunkIo.open(root);
      Assumptions.assumeTrue(io.mode().direct(), () -> root + ": " + io.mode());
      return io;
    }

    @Override
    protected boolean direct() {
      return true;
    }
  }

  @Nested
  class Buffered extends ChunkIoContract {
    @Override
    protected ChunkIo open(Path root) {
      return NioChunkIo.buffered("asked for");
    }

    @Override
    protected boolean direct() {
      return false;
    }
  }

  @Test
  void probingLeavesNoFile(@TempDir Path directory) throws Exception {
    NioChunkIo.open(directory);
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void aDirectoryThatIsNotThereMakesItBufferedWithTheReason(@TempDir Path directory) {
    NioChunkIo io = NioChunkIo.open(directory.resolve("none"));
    assertFalse(io.mode().direct());
    assertTrue(io.mode().reason().contains("none"), io.mode().reason());
  }
}
