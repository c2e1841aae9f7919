package io.kvcache.store;

import io.kvcache.spi.ChunkIo;
import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.IoMode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * The JDK's own I/O, buffered, behind a gate for reads and one for writes: a test makes a call wait
 * or fail there, on the thread that makes it.
 */
public final class GatedChunkIo implements ChunkIo {
  /** Runs before the call; may block, and may throw what the call then throws. */
  @FunctionalInterface
  public interface Gate {
    void pass(Path file) throws ChunkIoException;
  }

  private final ChunkIo io = NioChunkIo.buffered("a test wants no disk");
  public volatile Gate reads = file -> {};
  public volatile Gate writes = file -> {};

  /** For {@link DirectoryStore.Builder#io}. */
  public Function<Path, ChunkIo> factory() {
    return root -> this;
  }

  @Override
  public IoMode mode() {
    return io.mode();
  }

  @Override
  public int read(Path file, ByteBuffer into) throws ChunkIoException {
    reads.pass(file);
    return io.read(file, into);
  }

  @Override
  public void write(Path file, ByteBuffer from) throws ChunkIoException {
    writes.pass(file);
    io.write(file, from);
  }

  @Override
  public void rename(Path from, Path to) throws ChunkIoException {
    io.rename(from, to);
  }

  @Override
  public boolean exists(Path file) throws ChunkIoException {
    return io.exists(file);
  }

  @Override
  public void delete(Path file) throws ChunkIoException {
    io.delete(file);
  }

  @Override
  public void touch(Path file) throws ChunkIoException {
    io.touch(file);
  }

  @Override
  public void createDirectories(Path directory) throws ChunkIoException {
    io.createDirectories(directory);
  }

  @Override
  public long usableBytes(Path directory) throws ChunkIoException {
    return io.usableBytes(directory);
  }

  @Override
  public long totalBytes(Path directory) throws ChunkIoException {
    return io.totalBytes(directory);
  }

  @Override
  public void close() {
    io.close();
  }
}
