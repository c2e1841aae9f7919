package io.kvcache.lustre;

import io.kvcache.spi.IoFault;
import java.util.Map;

/** Error numbers of Linux that matter here; the same on x86_64 and aarch64. */
final class Errno {
  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int EINTR = 4;
  static final int EIO = 5;
  static final int EAGAIN = 11;
  static final int ENOMEM = 12;
  static final int EACCES = 13;
  static final int EEXIST = 17;
  static final int EXDEV = 18;
  static final int ENODEV = 19;
  static final int ENOTDIR = 20;
  static final int EISDIR = 21;
  static final int EINVAL = 22;
  static final int ENFILE = 23;
  static final int EMFILE = 24;
  static final int ENOTTY = 25;
  static final int EFBIG = 27;
  static final int ENOSPC = 28;
  static final int EROFS = 30;
  static final int ERANGE = 34;
  static final int ENAMETOOLONG = 36;
  static final int ENOSYS = 38;
  static final int ELOOP = 40;
  static final int ENODATA = 61;
  static final int EOPNOTSUPP = 95;
  static final int ENOTCONN = 107;
  static final int ESHUTDOWN = 108;
  static final int ETIMEDOUT = 110;
  static final int ESTALE = 116;
  static final int EREMOTEIO = 121;
  static final int EDQUOT = 122;

  private static final Map<Integer, String> TEXTS =
      Map.ofEntries(
          Map.entry(EPERM, "EPERM, not permitted"),
          Map.entry(ENOENT, "ENOENT, no such file or directory"),
          Map.entry(EINTR, "EINTR, interrupted"),
          Map.entry(EIO, "EIO, input/output error"),
          Map.entry(EAGAIN, "EAGAIN, try again"),
          Map.entry(ENOMEM, "ENOMEM, out of memory"),
          Map.entry(EACCES, "EACCES, permission denied"),
          Map.entry(EEXIST, "EEXIST, file exists"),
          Map.entry(EXDEV, "EXDEV, on another filesystem or metadata server"),
          Map.entry(ENODEV, "ENODEV, no such device"),
          Map.entry(ENOTDIR, "ENOTDIR, not a directory"),
          Map.entry(EISDIR, "EISDIR, is a directory"),
          Map.entry(EINVAL, "EINVAL, invalid argument"),
          Map.entry(ENFILE, "ENFILE, too many open files on this host"),
          Map.entry(EMFILE, "EMFILE, too many open files in this process"),
          Map.entry(ENOTTY, "ENOTTY, not for this filesystem"),
          Map.entry(EFBIG, "EFBIG, too large, or too few servers for its stripes"),
          Map.entry(ENOSPC, "ENOSPC, no space left"),
          Map.entry(EROFS, "EROFS, read-only filesystem"),
          Map.entry(ERANGE, "ERANGE, result too large"),
          Map.entry(ENAMETOOLONG, "ENAMETOOLONG, name too long"),
          Map.entry(ENOSYS, "ENOSYS, no such system call"),
          Map.entry(ELOOP, "ELOOP, a symbolic link, which is not followed"),
          Map.entry(ENODATA, "ENODATA, no such attribute"),
          Map.entry(EOPNOTSUPP, "EOPNOTSUPP, not supported"),
          Map.entry(ENOTCONN, "ENOTCONN, not connected to the server"),
          Map.entry(ESHUTDOWN, "ESHUTDOWN, shut out by the server"),
          Map.entry(ETIMEDOUT, "ETIMEDOUT, timed out"),
          Map.entry(ESTALE, "ESTALE, the file is gone from the server"),
          Map.entry(EREMOTEIO, "EREMOTEIO, a server is inactive"),
          Map.entry(EDQUOT, "EDQUOT, over quota"));

  private Errno() {}

  /** Its name and what it means, for people. */
  static String text(int errno) {
    return TEXTS.getOrDefault(errno, "errno " + errno);
  }

  /** What the store is to make of it. */
  static IoFault fault(int errno) {
    return switch (errno) {
      case ENOENT -> IoFault.MISSING;
      case EEXIST -> IoFault.EXISTS;
      case ENOSPC, EDQUOT, EFBIG -> IoFault.NO_SPACE;
      case EROFS, EACCES, EPERM -> IoFault.READ_ONLY;
      default -> IoFault.TRANSIENT;
    };
  }

  /**
   * Whether a read that failed so is worth one more try with a fresh descriptor: a client that a
   * server had shut out is let in again within seconds, a descriptor that became stale may be of a
   * file that was replaced.
   */
  static boolean passes(int errno) {
    return switch (errno) {
      case EIO, ESHUTDOWN, ENOTCONN, ETIMEDOUT, EAGAIN, ESTALE, ENODEV -> true;
      default -> false;
    };
  }
}
