package io.kvcache.lustre;

import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.EntryType;
import io.kvcache.spi.EntryVisitor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Shows the entries of one directory in the order in which the filesystem has them, which is the
 * order in which a Lustre client fetches attributes ahead. Asks for what the metadata server knows
 * of each ({@link FileStatus#AS_CACHED}), so that no storage server is bothered by a scan.
 *
 * <pre>
 *  linux_dirent64: offset size
 *    0  8  inode     8  8  position     16  2  length of this entry     18  1  type
 *   19  .  name, ended by NUL, padded
 * </pre>
 *
 * <p>Used by one thread, once.
 */
final class DirectoryListing {
  /** What one call asks for. */
  static final int BUFFER_BYTES = 64 << 10;

  private static final int ATTRIBUTES =
      FileStatus.TYPE | FileStatus.SIZE | FileStatus.BLOCKS | FileStatus.MODIFIED;
  private static final int LENGTH_OFFSET = 16;
  private static final int NAME_OFFSET = 19;

  private final PosixIo posix;
  private final String directory;
  private final ByteBuffer entries;
  private final FileStatus status = new FileStatus();
  private final byte[] name = new byte[256];
  private ChunkIoException failure;

  /**
   * @param entries direct, {@link #BUFFER_BYTES} long, nobody else's while this is used
   */
  DirectoryListing(PosixIo posix, String directory, ByteBuffer entries) {
    this.posix = posix;
    this.directory = directory;
    this.entries = entries.order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Shows every entry that it can, and fails at the end if there was one that it could not:
   * otherwise what fails would count as nothing, or would hide what comes after it.
   *
   * @param fd the directory, open
   */
  void show(int fd, EntryVisitor visitor) throws ChunkIoException {
    while (true) {
      int bytes = posix.readDirectory(fd, entries);
      if (bytes == -Errno.EINTR) {
        continue;
      }
      if (bytes < 0) {
        throw ErrnoException.failure("list", directory, -bytes);
      }
      if (bytes == 0) {
        break;
      }
      if (!showAll(fd, bytes, visitor)) {
        return;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private boolean showAll(int fd, int bytes, EntryVisitor visitor) {
    int length;
    for (int at = 0; at < bytes; at += length) {
      length = entries.getShort(at + LENGTH_OFFSET) & 0xFFFF;
      String entry = name(at + NAME_OFFSET, length - NAME_OFFSET);
      if (!entry.equals(".") && !entry.equals("..") && !showOne(fd, entry, visitor)) {
        return false;
      }
    }
    return true;
  }

  private String name(int offset, int room) {
    int length = Math.min(room, name.length);
    entries.get(offset, name, 0, length);
    int end = 0;
    while (end < length && name[end] != 0) {
      end++;
    }
    return new String(name, 0, end, StandardCharsets.UTF_8);
  }

  private boolean showOne(int fd, String entry, EntryVisitor visitor) {
    int result;
    do {
      result = posix.statx(fd, entry, FileStatus.AS_CACHED, ATTRIBUTES, status);
    } while (result == -Errno.EINTR);
    if (result == -Errno.ENOENT) {
      return true; // gone since its name was read
    }
    if (result < 0) {
      if (failure == null) {
        failure = ErrnoException.failure("look at", directory + "/" + entry, -result);
      }
      return true;
    }
    EntryType type =
        status.isRegular()
            ? EntryType.FILE
            : status.isDirectory() ? EntryType.DIRECTORY : EntryType.OTHER;
    return visitor.visit(entry, type, status.allocatedBytes(), status.modifiedMillis());
  }
}
