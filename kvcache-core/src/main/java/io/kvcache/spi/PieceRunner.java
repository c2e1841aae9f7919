package io.kvcache.spi;

/**
 * Runs the pieces of one {@link ChunkIo} call: the calling thread, and whichever of the store's
 * threads have nothing more urgent to do. Thread-safe.
 */
@FunctionalInterface
public interface PieceRunner {
  /** The calling thread alone, one piece after the other. */
  PieceRunner ALONE =
      (pieces, piece) -> {
        for (int i = 0; i < pieces; i++) {
          piece.run(i);
        }
      };

  /**
   * Runs all pieces, in any order, several at once, and returns when none is under way any more:
   * then nothing touches the call's buffer or descriptor. After a failure no further piece begins.
   *
   * @param pieces how many there are
   * @param piece does one of them
   * @throws ChunkIoException what the first piece that failed threw
   */
  void run(int pieces, Piece piece) throws ChunkIoException;

  /** A part of a call that needs no other part. */
  @FunctionalInterface
  interface Piece {
    /**
     * Does it, on any thread.
     *
     * @param index from 0 to the number of pieces - 1
     */
    void run(int index) throws ChunkIoException;
  }
}
