package io.kvcache.lustre;

import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.PieceRunner;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Moves one image between a buffer and its file: opens it, loops over what system calls do of it,
 * in pieces where the profile says so, and closes it. Tries nothing again but what was interrupted.
 * Thread-safe.
 */
final class ImageCalls {
  private static final int FILE_MODE = 0600;

  private final PosixIo posix;
  private final OpenFlags flags;
  private final boolean durable;

  /**
   * @param durable whether what is written is forced to the disk
   */
  ImageCalls(PosixIo posix, OpenFlags flags, boolean durable) {
    this.posix = posix;
    this.flags = flags;
    this.durable = durable;
  }

  /** A part of an image. */
  private interface Part {
    void run(int from, int count) throws ChunkIoException;
  }

  private static void inPieces(int bytes, FsProfile profile, PieceRunner pieces, Part part)
      throws ChunkIoException {
    int piece = profile.pieceBytes();
    if (piece == 0 || bytes <= piece) {
      part.run(0, bytes);
      return;
    }
    int count = (bytes + piece - 1) / piece;
    pieces.run(count, i -> part.run(i * piece, Math.min(piece, bytes - i * piece)));
  }

  /** Reads until the buffer is full or the file ends; how many bytes that were. */
  int read(String path, ByteBuffer into, boolean direct, FsProfile profile, PieceRunner pieces)
      throws ChunkIoException {
    int fd = open(path, OpenFlags.READ_ONLY | directFlag(direct), 0);
    try {
      int wanted = into.limit();
      int unit = direct ? profile.alignment() : 1;
      AtomicInteger end = new AtomicInteger(wanted);
      inPieces(
          wanted,
          profile,
          pieces,
          (from, count) -> {
            int got = readFully(fd, path, into, from, count, unit);
            if (got < count) {
              end.accumulateAndGet(from + got, Math::min);
            }
          });
      if (end.get() < wanted) {
        requireEnd(fd, path, end.get());
      }
      if (!direct) {
        posix.dropFromPageCache(fd);
      }
      return end.get();
    } finally {
      // All bytes are here: what a close of a file that was only read may say changes nothing.
      posix.close(fd);
    }
  }

  /**
   * @param unit what a call must have moved a multiple of, for another to go on from there
   */
  private int readFully(int fd, String path, ByteBuffer into, int from, int count, int unit)
      throws ChunkIoException {
    int done = 0;
    while (done < count) {
      long n = posix.pread(fd, into, from + done, count - done, from + done);
      if (n == -Errno.EINTR) {
        continue;
      }
      if (n < 0) {
        throw ErrnoException.failure(ErrnoException.READ, path, (int) -n);
      }
      done += (int) n;
      if (n == 0 || n % unit != 0) {
        break;
      }
    }
    return done;
  }

  /** A short count alone does not prove that the file is short, and a short file is removed. */
  private void requireEnd(int fd, String path, int end) throws ChunkIoException {
    FileStatus found = new FileStatus();
    int result;
    do {
      result = posix.statx(fd, "", FileStatus.OF_DESCRIPTOR, FileStatus.SIZE, found);
    } while (result == -Errno.EINTR);
    if (result < 0) {
      throw ErrnoException.failure("ask for the size of", path, -result);
    }
    if (found.bytes > end) {
      throw ErrnoException.incomplete(
          ErrnoException.READ,
          path,
          "it ended after " + end + " bytes, and the file has " + found.bytes);
    }
  }

  /** Makes the file and writes the whole buffer. */
  void write(String path, ByteBuffer source, boolean direct, FsProfile profile, PieceRunner pieces)
      throws ChunkIoException {
    int fd = open(path, toCreate(direct), FILE_MODE);
    int unit = direct ? profile.alignment() : 1;
    boolean written = false;
    try {
      inPieces(
          source.limit(),
          profile,
          pieces,
          (from, count) -> writeFully(fd, path, source, from, count, unit));
      if (durable) {
        sync(fd, path);
      }
      if (!direct) {
        posix.dropFromPageCache(fd);
      }
      written = true;
    } finally {
      int closed = posix.close(fd);
      // Some filesystems tell only here that bytes did not arrive.
      if (written && closed < 0) {
        throw ErrnoException.failure("close", path, -closed);
      }
    }
  }

  private void writeFully(int fd, String path, ByteBuffer source, int from, int count, int unit)
      throws ChunkIoException {
    int done = 0;
    while (done < count) {
      long n = posix.pwrite(fd, source, from + done, count - done, from + done);
      if (n == -Errno.EINTR) {
        continue;
      }
      if (n < 0) {
        throw ErrnoException.failure(ErrnoException.WRITE, path, (int) -n);
      }
      done += (int) n;
      if (n == 0 || (done < count && n % unit != 0)) {
        // What is left of it cannot be written directly, and is not likely to fit.
        throw ErrnoException.incomplete(
            ErrnoException.WRITE,
            path,
            "it ended after " + (from + done) + " bytes of " + source.limit());
      }
    }
  }

  private void sync(int fd, String path) throws ChunkIoException {
    int result = posix.fsync(fd);
    if (result < 0) {
      throw ErrnoException.failure("fsync", path, -result);
    }
  }

  /**
   * Whether there is a file that a direct open made although it answered EINVAL. Linux makes it
   * first and looks at O_DIRECT then; filesystems that look at the flag first leave alone whatever
   * has that name, which is then not ours to remove. The same call once more tells which it was.
   */
  boolean madeAlthoughInvalid(String path) {
    int again = posix.open(path, all(toCreate(true)), FILE_MODE);
    if (again >= 0) {
      posix.close(again);
    }
    return again >= 0 || again == -Errno.EEXIST;
  }

  private int toCreate(boolean direct) {
    return OpenFlags.WRITE_ONLY | OpenFlags.CREATE | OpenFlags.EXCLUSIVE | directFlag(direct);
  }

  private int directFlag(boolean direct) {
    return direct ? flags.direct() : 0;
  }

  private int all(int access) {
    return access | OpenFlags.CLOSE_ON_EXEC | flags.noFollow();
  }

  /** Opens, never through a symbolic link at the last name. */
  int open(String path, int access, int mode) throws ChunkIoException {
    int fd;
    do {
      fd = posix.open(path, all(access), mode);
    } while (fd == -Errno.EINTR);
    if (fd < 0) {
      throw ErrnoException.failure(ErrnoException.OPEN, path, -fd);
    }
    return fd;
  }
}
