package io.kvcache.lustre;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Directories that have attributes, as Lustre answers for them; whatever else a filesystem does is
 * not here. Not thread-safe.
 */
final class FakeLustreAttributes implements PosixIo {
  static final int DEVICE = 7;

  long type = Filesystem.LUSTRE.magic();

  /** What each call answers instead of doing anything; 0 for none. */
  int statfsError;

  int statxError;
  int getError;
  int setError;

  /** setxattr says 0 and does nothing. */
  boolean ignoresSet;

  int sets;

  private final Map<String, byte[]> values = new HashMap<>();
  private final Map<String, FileStatus> directories = new HashMap<>();

  FakeLustreAttributes() {
    directory("/", 0, 1, 0);
    directory("/mnt", 0, 2, 0);
    directory("/mnt/lustre", DEVICE, 3, 0);
  }

  FileStatus directory(String path, int device, long inode, long attributes) {
    FileStatus status = new FileStatus();
    status.mode = 0x41C0;
    status.deviceMinor = device;
    status.inode = inode;
    status.attributes = attributes;
    directories.put(path, status);
    return status;
  }

  /** Makes a directory with the default of that above it, as Lustre's mkdir does. */
  void makeDirectory(String path) {
    directory(path, DEVICE, 100 + directories.size(), 0);
    values.computeIfAbsent(path, made -> values.get(parent(made)));
  }

  /** The value of a directory, for the administrator. */
  void put(String path, ByteBuffer value) {
    values.put(path, bytes(value));
  }

  Optional<ByteBuffer> value(String path) {
    return Optional.ofNullable(values.get(path)).map(ByteBuffer::wrap);
  }

  @Override
  public int setAttribute(String path, String name, ByteBuffer value) {
    sets++;
    if (setError != 0 || ignoresSet) {
      return -setError;
    }
    if (!name.equals("lustre.lov") || !value.isDirect()) {
      return -Errno.EINVAL;
    }
    values.put(path, bytes(value));
    return 0;
  }

  @Override
  public int getAttribute(String path, String name, ByteBuffer into) {
    if (getError != 0) {
      return -getError;
    }
    byte[] value = values.get(path);
    if (value == null) {
      return -Errno.ENODATA;
    }
    if (into.capacity() < value.length) {
      return -Errno.ERANGE;
    }
    into.put(0, value);
    return value.length;
  }

  @Override
  public int statx(int directory, String path, int flags, int mask, FileStatus into) {
    FileStatus known =
        directories.get(path.endsWith("/..") ? parent(path.substring(0, path.length() - 3)) : path);
    if (statxError != 0 || known == null) {
      return -(statxError != 0 ? statxError : Errno.ENOENT);
    }
    into.mode = known.mode;
    into.inode = known.inode;
    into.attributes = known.attributes;
    into.deviceMajor = known.deviceMajor;
    into.deviceMinor = known.deviceMinor;
    return 0;
  }

  @Override
  public int statfs(String path, FilesystemStatus into) {
    into.type = type;
    return -statfsError;
  }

  private static byte[] bytes(ByteBuffer value) {
    byte[] bytes = new byte[value.limit()];
    value.get(0, bytes);
    return bytes;
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash <= 0 ? "/" : path.substring(0, slash);
  }

  @Override
  public int pageSize() {
    return 4096;
  }

  @Override
  public int open(String path, int flags, int mode) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int close(int fd) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int flags(int fd) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long pread(int fd, ByteBuffer into, int from, int count, long offset) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long pwrite(int fd, ByteBuffer source, int from, int count, long offset) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int fsync(int fd) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int dropFromPageCache(int fd) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int rename(String from, String to) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int unlink(String path) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int mkdir(String path, int mode) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int touch(String path) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int readDirectory(int fd, ByteBuffer into) {
    throw new UnsupportedOperationException();
  }
}
