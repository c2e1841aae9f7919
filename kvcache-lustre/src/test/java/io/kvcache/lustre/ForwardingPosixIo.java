package io.kvcache.lustre;

import java.nio.ByteBuffer;

/** Passes every call on; a test overrides what it wants to be otherwise. */
abstract class ForwardingPosixIo implements PosixIo {
  private final PosixIo real;

  ForwardingPosixIo(PosixIo real) {
    this.real = real;
  }

  @Override
  public int pageSize() {
    return real.pageSize();
  }

  @Override
  public int open(String path, int flags, int mode) {
    return real.open(path, flags, mode);
  }

  @Override
  public int close(int fd) {
    return real.close(fd);
  }

  @Override
  public int flags(int fd) {
    return real.flags(fd);
  }

  @Override
  public long pread(int fd, ByteBuffer into, int from, int count, long offset) {
    return real.pread(fd, into, from, count, offset);
  }

  @Override
  public long pwrite(int fd, ByteBuffer source, int from, int count, long offset) {
    return real.pwrite(fd, source, from, count, offset);
  }

  @Override
  public int fsync(int fd) {
    return real.fsync(fd);
  }

  @Override
  public int dropFromPageCache(int fd) {
    return real.dropFromPageCache(fd);
  }

  @Override
  public int rename(String from, String to) {
    return real.rename(from, to);
  }

  @Override
  public int unlink(String path) {
    return real.unlink(path);
  }

  @Override
  public int mkdir(String path, int mode) {
    return real.mkdir(path, mode);
  }

  @Override
  public int touch(String path) {
    return real.touch(path);
  }

  @Override
  public int statx(int directory, String path, int flags, int mask, FileStatus into) {
    return real.statx(directory, path, flags, mask, into);
  }

  @Override
  public int statfs(String path, FilesystemStatus into) {
    return real.statfs(path, into);
  }

  @Override
  public int readDirectory(int fd, ByteBuffer into) {
    return real.readDirectory(fd, into);
  }

  @Override
  public int setAttribute(String path, String name, ByteBuffer value) {
    return real.setAttribute(path, name, value);
  }

  @Override
  public int getAttribute(String path, String name, ByteBuffer into) {
    return real.getAttribute(path, name, into);
  }
}
