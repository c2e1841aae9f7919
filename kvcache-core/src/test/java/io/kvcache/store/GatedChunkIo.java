package io.kvcache.store;

import io.kvcache.fixture.ForwardingChunkIo;
import io.kvcache.spi.ChunkIo;
import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.PieceRunner;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * The JDK's own I/O, buffered, behind a gate for reads and one for writes: a test makes a call wait
 * or fail there, on the thread that makes it.
 */
public final class GatedChunkIo extends ForwardingChunkIo {
  /** Runs before the call; may block, and may throw what the call then throws. */
  @FunctionalInterface
  public interface Gate {
    void pass(Path file) throws ChunkIoException;
  }

  public volatile Gate reads = file -> {};
  public volatile Gate writes = file -> {};

  public GatedChunkIo() {
    super(NioChunkIo.buffered("a test wants no disk"));
  }

  /** For {@link DirectoryStore.Builder#io}. */
  public Function<Path, ChunkIo> factory() {
    return root -> this;
  }

  @Override
  public int read(Path file, ByteBuffer into, PieceRunner pieces) throws ChunkIoException {
    reads.pass(file);
    return super.read(file, into, pieces);
  }

  @Override
  public void write(Path file, ByteBuffer from, PieceRunner pieces) throws ChunkIoException {
    writes.pass(file);
    super.write(file, from, pieces);
  }
}
