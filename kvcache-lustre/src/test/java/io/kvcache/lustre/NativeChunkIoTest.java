package io.kvcache.lustre;

import io.kvcache.spi.ChunkIo;
import io.kvcache.spi.ChunkIoContract;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Nested;

/** Keeps the contract on real files, in every way that it reaches them. */
class NativeChunkIoTest {
  static NativeChunkIo open(PosixIo posix, Path root, NativeIoOptions options) {
    return new NativeChunkIo(
        posix,
        Machine.current().openFlags(),
        options,
        new LustreSysfs(Path.of("/")),
        root,
        System::nanoTime);
  }

  private static NativeChunkIo openDirect(Path root, NativeIoOptions options) {
    NativeChunkIo io = open(NativeAccess.posix(), root, options);
    Assumptions.assumeTrue(io.mode().direct(), () -> root + ": " + io.mode());
    return io;
  }

  @Nested
  class Direct extends ChunkIoContract {
    @Override
    protected ChunkIo open(Path root) {
      return openDirect(root, NativeIoOptions.defaults());
    }

    @Override
    protected boolean direct() {
      return true;
    }
  }

  @Nested
  class InPiecesOfOnePage extends ChunkIoContract {
    @Override
    protected ChunkIo open(Path root) {
      return openDirect(root, NativeIoOptions.builder().pieceBytes(4096).build());
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
      return NativeChunkIoTest.open(
          NativeAccess.posix(), root, NativeIoOptions.builder().direct(false).build());
    }

    @Override
    protected boolean direct() {
      return false;
    }
  }

  @Nested
  class ShortReadsAndWrites extends ChunkIoContract {
    @Override
    protected ChunkIo open(Path root) {
      FaultyPosixIo posix = FaultyPosixIo.real();
      NativeChunkIo io =
          NativeChunkIoTest.open(posix, root, NativeIoOptions.builder().durable(true).build());
      posix.cut(FaultyPosixIo.Call.PREAD, 8192);
      posix.cut(FaultyPosixIo.Call.PWRITE, 4096);
      Assumptions.assumeTrue(io.mode().direct(), () -> root + ": " + io.mode());
      return io;
    }

    @Override
    protected boolean direct() {
      return true;
    }
  }
}
