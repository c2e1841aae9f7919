package io.kvcache.lustre;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * System calls through JNA. Offsets of structures are those of 64-bit Linux, the same on x86_64 and
 * aarch64 ({@code linux/stat.h}, {@code asm-generic/statfs.h}).
 *
 * <p>Strings and structures travel in a few KiB of memory that each thread has of its own, so that
 * a call allocates nothing but the bytes of a path. Bounds are checked here: a wrong address would
 * end the JVM. Thread-safe.
 */
final class JnaPosixIo implements PosixIo {
  private static final int PATH_MAX = 4096;
  private static final int AT_SYMLINK_NOFOLLOW = 0x100;
  private static final int F_GETFL = 3;
  private static final int FADV_DONTNEED = 4;
  private static final int SC_PAGESIZE = 30;
  private static final int STATX_BYTES = 256;

  private final int getdents64;
  private final int pageSize;
  private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

  /**
   * @param getdents64 number of that system call on this machine
   * @throws LinkageError if native code cannot be had, see {@link NativeAccess}
   */
  JnaPosixIo(int getdents64) {
    this.getdents64 = getdents64;
    this.pageSize = Math.toIntExact(Libc.sysconf(SC_PAGESIZE));
  }

  /** One thread's memory: two paths, and one structure or name. */
  private static final class Scratch {
    final ByteBuffer memory =
        ByteBuffer.allocateDirect(2 * PATH_MAX + STATX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    final long address = JnaPosixIo.address(memory);

    /** Writes a NUL-terminated string; 0 if it is too long. */
    long string(int offset, int room, String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      if (bytes.length >= room) {
        return 0;
      }
      memory.put(offset, bytes).put(offset + bytes.length, (byte) 0);
      return address + offset;
    }

    long path(String path) {
      return string(0, PATH_MAX, path);
    }

    long secondPath(String path) {
      return string(PATH_MAX, PATH_MAX, path);
    }

    /** Where the structure or name is. */
    int struct() {
      return 2 * PATH_MAX;
    }
  }

  private static long address(ByteBuffer buffer) {
    return Pointer.nativeValue(Native.getDirectBufferPointer(buffer));
  }

  private static long address(ByteBuffer buffer, int from, int count) {
    Objects.checkFromIndexSize(from, count, buffer.capacity());
    return address(buffer) + from;
  }

  private static int answer(int result) {
    return result < 0 ? -Native.getLastError() : result;
  }

  private static long answer(long result) {
    return result < 0 ? -Native.getLastError() : result;
  }

  @Override
  public int pageSize() {
    return pageSize;
  }

  @Override
  public int open(String path, int flags, int mode) {
    long address = scratch.get().path(path);
    return address == 0 ? -Errno.ENAMETOOLONG : answer(Libc.open(address, flags, mode));
  }

  @Override
  public int close(int fd) {
    return answer(Libc.close(fd));
  }

  @Override
  public int flags(int fd) {
    return answer(Libc.fcntl(fd, F_GETFL, 0));
  }

  @Override
  public long pread(int fd, ByteBuffer into, int from, int count, long offset) {
    if (into.isReadOnly()) {
      throw new IllegalArgumentException("a read-only buffer: nothing may be read into it");
    }
    long read = answer(Libc.pread(fd, address(into, from, count), count, offset));
    Reference.reachabilityFence(into);
    return read;
  }

  @Override
  public long pwrite(int fd, ByteBuffer source, int from, int count, long offset) {
    long written = answer(Libc.pwrite(fd, address(source, from, count), count, offset));
    Reference.reachabilityFence(source);
    return written;
  }

  @Override
  public int fsync(int fd) {
    return answer(Libc.fsync(fd));
  }

  @Override
  public int dropFromPageCache(int fd) {
    return -Libc.posix_fadvise(fd, 0, 0, FADV_DONTNEED);
  }

  @Override
  public int rename(String from, String to) {
    Scratch memory = scratch.get();
    long source = memory.path(from);
    long target = memory.secondPath(to);
    return source == 0 || target == 0 ? -Errno.ENAMETOOLONG : answer(Libc.rename(source, target));
  }

  @Override
  public int unlink(String path) {
    long address = scratch.get().path(path);
    return address == 0 ? -Errno.ENAMETOOLONG : answer(Libc.unlink(address));
  }

  @Override
  public int mkdir(String path, int mode) {
    long address = scratch.get().path(path);
    return address == 0 ? -Errno.ENAMETOOLONG : answer(Libc.mkdir(address, mode));
  }

  @Override
  public int touch(String path) {
    long address = scratch.get().path(path);
    return address == 0
        ? -Errno.ENAMETOOLONG
        : answer(Libc.utimensat(FileStatus.ABSOLUTE, address, 0, AT_SYMLINK_NOFOLLOW));
  }

  @Override
  public int statx(int directory, String path, int flags, int mask, FileStatus into) {
    Scratch memory = scratch.get();
    long address = memory.path(path);
    if (address == 0) {
      return -Errno.ENAMETOOLONG;
    }
    int at = memory.struct();
    int result =
        answer(
            Libc.statx(directory, address, flags | AT_SYMLINK_NOFOLLOW, mask, memory.address + at));
    if (result == 0) {
      ByteBuffer b = memory.memory;
      into.mask = b.getInt(at);
      into.attributes = b.getLong(at + 8);
      into.mode = b.getShort(at + 28) & 0xFFFF;
      into.inode = b.getLong(at + 32);
      into.bytes = b.getLong(at + 40);
      into.blocks = b.getLong(at + 48);
      into.modifiedSeconds = b.getLong(at + 112);
      into.modifiedNanos = b.getInt(at + 120);
      into.deviceMajor = b.getInt(at + 136);
      into.deviceMinor = b.getInt(at + 140);
      into.directMemoryAlignment = b.getInt(at + 152);
      into.directOffsetAlignment = b.getInt(at + 156);
    }
    return result;
  }

  @Override
  public int statfs(String path, FilesystemStatus into) {
    Scratch memory = scratch.get();
    long address = memory.path(path);
    if (address == 0) {
      return -Errno.ENAMETOOLONG;
    }
    int at = memory.struct();
    int result = answer(Libc.statfs(address, memory.address + at));
    if (result == 0) {
      ByteBuffer b = memory.memory;
      long fragment = b.getLong(at + 72);
      into.type = b.getLong(at);
      into.blockSize = fragment > 0 ? fragment : b.getLong(at + 8);
      into.blocks = b.getLong(at + 16);
      into.blocksAvailable = b.getLong(at + 32);
    }
    return result;
  }

  @Override
  public int readDirectory(int fd, ByteBuffer into) {
    long address = address(into, 0, into.capacity());
    long bytes = answer(Libc.syscall(getdents64, fd, address, into.capacity()));
    Reference.reachabilityFence(into);
    return (int) bytes;
  }

  @Override
  public int setAttribute(String path, String name, ByteBuffer value) {
    Scratch memory = scratch.get();
    long file = memory.path(path);
    long attribute = memory.string(memory.struct(), STATX_BYTES, name);
    if (file == 0 || attribute == 0) {
      return -Errno.ENAMETOOLONG;
    }
    long address = address(value, 0, value.limit());
    int result = answer(Libc.setxattr(file, attribute, address, value.limit(), 0));
    Reference.reachabilityFence(value);
    return result;
  }

  @Override
  public int getAttribute(String path, String name, ByteBuffer into) {
    Scratch memory = scratch.get();
    long file = memory.path(path);
    long attribute = memory.string(memory.struct(), STATX_BYTES, name);
    if (file == 0 || attribute == 0) {
      return -Errno.ENAMETOOLONG;
    }
    long address = into.capacity() == 0 ? 0 : address(into, 0, into.capacity());
    long bytes = answer(Libc.getxattr(file, attribute, address, into.capacity()));
    Reference.reachabilityFence(into);
    return (int) bytes;
  }
}
