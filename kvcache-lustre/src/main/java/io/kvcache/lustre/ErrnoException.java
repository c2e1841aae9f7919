package io.kvcache.lustre;

import io.kvcache.spi.ChunkIoException;
import java.io.IOException;

/** What a system call answered: the cause of a {@link ChunkIoException}. */
final class ErrnoException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  private ErrnoException(String call, int errno) {
    super(call + ": " + Errno.text(errno));
    this.errno = errno;
  }

  /**
   * A call on a file that failed.
   *
   * @param call name of the system call
   * @param path of the file
   * @param errno what it answered, positive
   */
  static ChunkIoException failure(String call, String path, int errno) {
    return new ChunkIoException(
        Errno.fault(errno),
        call + " " + path + ": " + Errno.text(errno),
        new ErrnoException(call, errno));
  }

  /** What the system call answered that a failure is about; 0 if it is about none. */
  static int of(ChunkIoException failure) {
    return failure.getCause() instanceof ErrnoException answered ? answered.errno : 0;
  }
}
