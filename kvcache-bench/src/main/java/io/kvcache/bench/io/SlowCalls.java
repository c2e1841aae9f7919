package io.kvcache.bench.io;

import io.kvcache.spi.ChunkIo;
import io.kvcache.spi.PieceRunner;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * A far-away disk: every piece of a read takes so much longer, however many are under way at once.
 * Reads that are not cut into pieces are not slowed down.
 */
final class SlowCalls {
  private final long delayNanos;
  private final LongAdder calls = new LongAdder();

  SlowCalls(long delayMillis) {
    this.delayNanos = TimeUnit.MILLISECONDS.toNanos(delayMillis);
  }

  /** Pieces that were read so far. */
  long calls() {
    return calls.sum();
  }

  private PieceRunner slowly(PieceRunner pieces) {
    return (count, piece) ->
        pieces.run(
            count,
            i -> {
              calls.increment();
              long until = System.nanoTime() + delayNanos;
              for (long left = delayNanos; left > 0; left = until - System.nanoTime()) {
                LockSupport.parkNanos(left);
              }
              piece.run(i);
            });
  }

  /** Puts itself before real I/O, whatever calls that has. */
  ChunkIo before(ChunkIo real) {
    return (ChunkIo)
        Proxy.newProxyInstance(
            ChunkIo.class.getClassLoader(),
            new Class<?>[] {ChunkIo.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("read")) {
                PieceRunner pieces =
                    arguments.length == 3 ? (PieceRunner) arguments[2] : PieceRunner.ALONE;
                return real.read((Path) arguments[0], (ByteBuffer) arguments[1], slowly(pieces));
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
