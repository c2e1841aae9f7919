package io.kvcache.lustre;

/** What statx(2) says about a file: filled by {@link PosixIo#statx}, and used again. */
final class FileStatus {
  /** Instead of a directory's descriptor: the path says it all. */
  static final int ABSOLUTE = -100;

  /** As fresh as stat(2). */
  static final int AS_STAT = 0;

  /** What the client knows, however old: no server that holds the bytes is asked. */
  static final int AS_CACHED = 0x4000;

  /** As fresh as fstat(2): the path is empty, and the directory's descriptor is the file's. */
  static final int OF_DESCRIPTOR = 0x1000;

  // What may be asked for.
  static final int TYPE = 0x1;
  static final int MODIFIED = 0x40;
  static final int INODE = 0x100;
  static final int SIZE = 0x200;
  static final int BLOCKS = 0x400;
  static final int DIRECT_ALIGNMENT = 0x2000;

  /** In {@link #attributes}: the directory is where a filesystem is mounted. */
  static final long MOUNT_ROOT = 0x2000;

  private static final int TYPE_BITS = 0xF000;
  private static final int DIRECTORY = 0x4000;
  private static final int REGULAR = 0x8000;

  /** What was answered, of what was asked for. */
  int mask;

  int mode;
  long inode;
  long bytes;
  long blocks;
  long modifiedSeconds;
  int modifiedNanos;
  long attributes;
  int deviceMajor;
  int deviceMinor;
  int directMemoryAlignment;
  int directOffsetAlignment;

  boolean isRegular() {
    return (mode & TYPE_BITS) == REGULAR;
  }

  boolean isDirectory() {
    return (mode & TYPE_BITS) == DIRECTORY;
  }

  long modifiedMillis() {
    return modifiedSeconds * 1000 + modifiedNanos / 1_000_000;
  }

  /**
   * What the file counts for: its size, or more where the filesystem allocates more. Never less:
   * blocks that Lustre or ZFS have not counted yet, or compress away, are no room to fill.
   */
  long allocatedBytes() {
    return Math.max(bytes, (mask & BLOCKS) != 0 ? blocks * 512 : 0);
  }
}
