package io.kvcache.lustre;

import com.sun.jna.Native;

/**
 * Functions of the C library, mapped directly and with numbers only: the cheapest way through JNA,
 * which then neither copies nor looks anything up. An address is a {@code long}, which is right on
 * 64-bit Linux, the only place where this is loaded. Loading fails as {@link NativeAccess}
 * describes.
 */
final class Libc {
  static {
    Native.register(Libc.class, "c");
  }

  private Libc() {}

  // open, fcntl and syscall are variadic; calling those with fixed arguments is right on x86_64 and
  // aarch64 Linux, where such arguments travel as any others.

  static native int open(long path, int flags, int mode);

  static native int close(int fd);

  static native int fcntl(int fd, int command, long argument);

  static native long pread(int fd, long buffer, long count, long offset);

  static native long pwrite(int fd, long buffer, long count, long offset);

  static native int fsync(int fd);

  static native int posix_fadvise(int fd, long offset, long length, int advice);

  static native int rename(long from, long to);

  static native int unlink(long path);

  static native int mkdir(long path, int mode);

  static native int utimensat(int directory, long path, long times, int flags);

  static native int statx(int directory, long path, int flags, int mask, long buffer);

  static native int statfs(long path, long buffer);

  static native long syscall(long number, long a, long b, long c);

  static native int setxattr(long path, long name, long value, long size, int flags);

  static native long getxattr(long path, long name, long value, long size);

  static native long sysconf(int name);
}
