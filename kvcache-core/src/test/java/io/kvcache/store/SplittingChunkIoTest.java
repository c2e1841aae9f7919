package io.kvcache.store;

import io.kvcache.fixture.SplittingChunkIo;
import io.kvcache.spi.ChunkIo;
import io.kvcache.spi.ChunkIoContract;
import java.nio.file.Path;

/** A call in pieces keeps what every call keeps; and the contract is tried on one that splits. */
class SplittingChunkIoTest extends ChunkIoContract {
  @Override
  protected ChunkIo open(Path root) {
    return new SplittingChunkIo(NioChunkIo.buffered("asked for"), 2 * 4096);
  }

  @Override
  protected boolean direct() {
    return false;
  }
}
