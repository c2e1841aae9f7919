package io.kvcache.store;

import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.PieceRunner;

/**
 * The pieces of one call to a filesystem, done by the thread of that call and by threads that have
 * time to help. Nobody waits for a helper to begin: the call's own thread takes piece after piece
 * until none is left, and then waits only for those that others are in. So it ends, and its buffer
 * is free, when the last piece has ended, and with a single thread it is a loop.
 *
 * <p>Each helper runs this task: it takes pieces too, until none is left, or one has failed, or
 * nobody waits for the call any more; between two it gives way to more urgent calls. The call
 * itself goes on to its end even then, as a call that is not split does. What a helper meets is the
 * call's to report: as a task it never fails, and nobody hears of it if it hangs.
 *
 * <p>Thread-safe: the monitor guards what is left and under way; pieces run outside it.
 */
final class SplitCall extends IoTask<Void> {
  private final IoPool pool;
  private final int pieces;
  private final PieceRunner.Piece piece;
  private int begun;
  private int underWay;
  private boolean stopped;
  private Throwable failure;
  private long helpedNanos;

  SplitCall(IoPool pool, int pieces, PieceRunner.Piece piece) {
    super(null, null, null);
    this.pool = pool;
    this.pieces = pieces;
    this.piece = piece;
  }

  /**
   * Does it all, on the thread of the call. However this ends, no piece is under way any more: the
   * caller closes its descriptor then, and gives its buffer to somebody else.
   *
   * @throws ChunkIoException what the first piece that failed threw
   */
  void run(IoCall<?> call, int mostHelpers) throws ChunkIoException {
    try {
      pool.askForHelp(call, this, mostHelpers);
      for (int index = begin(); index >= 0; index = begin()) {
        ended(doPiece(index), 0);
      }
    } finally {
      stop();
      try {
        pool.thankHelpers(call);
      } finally {
        awaitEnd();
        call.helpedNanos += helpedNanos();
      }
    }
    throwFailure();
  }

  /** Does what is left, on the thread of a helper. */
  @Override
  Void run() {
    int index;
    while (pool.inTime() && (index = begin()) >= 0) {
      long start = System.nanoTime();
      Throwable thrown = doPiece(index);
      ended(thrown, System.nanoTime() - start);
      if (pool.givesWay(this)) {
        break;
      }
    }
    return null;
  }

  private Throwable doPiece(int index) {
    try {
      piece.run(index);
      return null;
    } catch (Throwable e) {
      return e;
    }
  }

  /** Takes a piece; negative if none may be begun any more. */
  private synchronized int begin() {
    if (failure != null || stopped || begun == pieces) {
      return -1;
    }
    underWay++;
    return begun++;
  }

  private synchronized void ended(Throwable thrown, long nanosOfHelper) {
    if (failure == null) {
      failure = thrown;
    }
    helpedNanos += nanosOfHelper;
    if (--underWay == 0) {
      notifyAll();
    }
  }

  /** No piece begins any more. */
  private synchronized void stop() {
    stopped = true;
  }

  /** Waits until no piece is under way, once none can begin any more. */
  private synchronized void awaitEnd() {
    while (underWay > 0) {
      try {
        wait();
      } catch (InterruptedException e) {
        // Nobody has a reason to; and a thread that is interrupted closes channels.
      }
    }
  }

  private synchronized void throwFailure() throws ChunkIoException {
    if (failure instanceof ChunkIoException trouble) {
      throw trouble;
    }
    if (failure instanceof RuntimeException defect) {
      throw defect;
    }
    if (failure instanceof Error defect) {
      throw defect;
    }
    if (failure != null) {
      throw new IllegalStateException("a piece threw what it does not declare", failure);
    }
  }

  /** Time that helpers spent in pieces. */
  private synchronized long helpedNanos() {
    return helpedNanos;
  }
}
