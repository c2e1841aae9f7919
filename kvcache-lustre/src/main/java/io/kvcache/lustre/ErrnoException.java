package io.kvcache.lustre;

import io.kvcache.spi.ChunkIoException;
import java.io.IOException;
import java.util.Set;

/** What a system call answered: the cause of a {@link ChunkIoException}. */
final class ErrnoException extends IOException {
  private static final long serialVersionUID = 1L;

  static final String OPEN = "open";
  static final String READ = "read";
  static final String WRITE = "write";

  /** Others say EINVAL for reasons of their own. */
  private static final Set<String> MAY_REFUSE_DIRECT_IO = Set.of(OPEN, READ, WRITE);

  private final String call;
  private final int errno;

  private ErrnoException(String call, String said, int errno) {
    super(call + ": " + said);
    this.call = call;
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
    return failure(call, path, errno, Errno.text(errno));
  }

  /**
   * A call that succeeded, and did less than it had to: as if it had failed with EIO.
   *
   * @param what it did instead
   */
  static ChunkIoException incomplete(String call, String path, String what) {
    return failure(call, path, Errno.EIO, what);
  }

  private static ChunkIoException failure(String call, String path, int errno, String said) {
    return new ChunkIoException(
        Errno.fault(errno), call + " " + path + ": " + said, new ErrnoException(call, said, errno));
  }

  /** What the system call answered that a failure is about; 0 if it is about none. */
  static int of(ChunkIoException failure) {
    return failure.getCause() instanceof ErrnoException answered ? answered.errno : 0;
  }

  /** Whether the failure, of a direct call, may be about its being direct. */
  static boolean mayRefuseDirectIo(ChunkIoException failure) {
    return failure.getCause() instanceof ErrnoException answered
        && answered.errno == Errno.EINVAL
        && MAY_REFUSE_DIRECT_IO.contains(answered.call);
  }

  /** Whether it is about a file that could not even be opened. */
  static boolean isOfOpen(ChunkIoException failure) {
    return failure.getCause() instanceof ErrnoException answered && answered.call.equals(OPEN);
  }
}
