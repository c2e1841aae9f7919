package io.kvcache.lustre;

import java.nio.ByteBuffer;

/**
 * The system calls that chunk I/O needs, each as the kernel answers it: a negative result is an
 * {@link Errno}, negated. No call retries, loops or throws, so that a fake can make any of them
 * fail, come back short, or hang.
 *
 * <p>Buffers are direct; {@code from} counts from the buffer's position 0, and neither position nor
 * limit is looked at or moved. Paths are absolute, or relative to a directory's descriptor where
 * there is one. Thread-safe.
 */
interface PosixIo {
  /** Bytes of a page of this kernel: 4096, or 65536 on some aarch64 hosts. */
  int pageSize();

  /**
   * open(2).
   *
   * @param flags of {@link OpenFlags}
   * @param mode permissions if it makes the file
   * @return a descriptor
   */
  int open(String path, int flags, int mode);

  /** close(2): the descriptor is gone, also where this reports a failure. */
  int close(int fd);

  /** fcntl(2) F_GETFL: the flags that the descriptor really has. */
  int flags(int fd);

  /** pread(2); bytes read, 0 at the end of the file. */
  long pread(int fd, ByteBuffer into, int from, int count, long offset);

  /** pwrite(2); bytes written. */
  long pwrite(int fd, ByteBuffer source, int from, int count, long offset);

  /** fsync(2). */
  int fsync(int fd);

  /** posix_fadvise(2) POSIX_FADV_DONTNEED of the whole file. */
  int dropFromPageCache(int fd);

  /** rename(2). */
  int rename(String from, String to);

  /** unlink(2). */
  int unlink(String path);

  /** mkdir(2). */
  int mkdir(String path, int mode);

  /**
   * utimensat(2) with no times: both become the server's now. It takes write permission, not
   * ownership, unlike a time of our own choice. A symbolic link is not followed.
   */
  int touch(String path);

  /**
   * statx(2), never through a symbolic link.
   *
   * @param directory a descriptor that the path is relative to, or {@link FileStatus#ABSOLUTE}
   * @param flags of {@link FileStatus}: how fresh the answer must be
   * @param mask of {@link FileStatus}: what is asked for
   * @param into gets the answer
   */
  int statx(int directory, String path, int flags, int mask, FileStatus into);

  /** statfs(2). */
  int statfs(String path, FilesystemStatus into);

  /**
   * getdents64(2): fills the buffer with entries from its position 0.
   *
   * @return bytes filled, 0 at the end of the directory
   */
  int readDirectory(int fd, ByteBuffer into);

  /** setxattr(2): the buffer's bytes from 0 to its limit. */
  int setAttribute(String path, String name, ByteBuffer value);

  /**
   * getxattr(2).
   *
   * @param into filled from 0, its limit not moved; with a capacity of 0 only the length is told
   * @return length of the value
   */
  int getAttribute(String path, String name, ByteBuffer into);
}
