package io.kvcache.lustre;

import io.kvcache.spi.ChunkIo;
import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.EntryVisitor;
import io.kvcache.spi.IoMode;
import io.kvcache.spi.PieceRunner;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chunk I/O by system calls: O_DIRECT among the flags of open itself, large images in pieces on
 * several threads where the filesystem gains by it, errors by their number.
 *
 * <ul>
 *   <li>A read that a server or a lost connection failed is tried once more with a fresh
 *       descriptor. A write is not: nobody knows how much of it is on the disk.
 *   <li>Where direct I/O fails with EINVAL although a probe had passed, the call is made again
 *       through the page cache, and so is every later one: {@link #mode} then says why.
 *   <li>Where a probe could not decide, it is repeated after writes that succeed.
 * </ul>
 *
 * <p>Thread-safe: the profile is replaced as a whole; a call uses the one that it began with.
 */
final class NativeChunkIo implements ChunkIo {
  private static final Logger log = LoggerFactory.getLogger(NativeChunkIo.class);
  private static final long PROBE_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int FILE_MODE = 0600;
  private static final int DIRECTORY_MODE = 0700;

  private final PosixIo posix;
  private final OpenFlags flags;
  private final NativeIoOptions options;
  private final LustreSysfs sysfs;
  private final Path root;
  private final LongSupplier nanoClock;
  private final DirectoryStriping striping;
  private final ThreadLocal<FileStatus> status = ThreadLocal.withInitial(FileStatus::new);
  private final AtomicBoolean probing = new AtomicBoolean();
  private volatile long probedAt;
  private volatile FsProfile profile;

  /** Probes the directory. */
  NativeChunkIo(
      PosixIo posix,
      OpenFlags flags,
      NativeIoOptions options,
      LustreSysfs sysfs,
      Path root,
      LongSupplier nanoClock) {
    this.posix = posix;
    this.flags = flags;
    this.options = options;
    this.sysfs = sysfs;
    this.root = root;
    this.nanoClock = nanoClock;
    this.striping =
        new DirectoryStriping(
            posix, options.striping(), sysfs.read(root).rpcBytes(posix.pageSize()));
    this.profile = new FsProbe(posix, flags, options, sysfs, root).run();
    this.probedAt = nanoClock.getAsLong();
  }

  FsProfile profile() {
    return profile;
  }

  @Override
  public IoMode mode() {
    IoMode mode = profile.mode();
    return striping
        .trouble()
        .map(what -> new IoMode(mode.direct(), mode.reason() + "; striping: " + what))
        .orElse(mode);
  }

  @Override
  public int read(Path file, ByteBuffer into, PieceRunner pieces) throws ChunkIoException {
    String path = file.toString();
    FsProfile now = profile;
    boolean direct = isDirect(now, into);
    try {
      return read(path, into, direct, now, pieces);
    } catch (ChunkIoException e) {
      int errno = ErrnoException.of(e);
      if (direct && errno == Errno.EINVAL) {
        int length = read(path, into, false, now, pieces);
        fallBack("read", path);
        return length;
      }
      if (Errno.passes(errno)) {
        return read(path, into, direct, now, pieces);
      }
      throw e;
    }
  }

  private int read(String path, ByteBuffer into, boolean direct, FsProfile now, PieceRunner pieces)
      throws ChunkIoException {
    int fd = open(path, OpenFlags.READ_ONLY | directFlag(direct), 0);
    try {
      int wanted = into.limit();
      AtomicInteger end = new AtomicInteger(wanted);
      inPieces(
          wanted,
          now,
          pieces,
          (from, count) -> {
            int got = readFully(fd, path, into, from, count, direct);
            if (got < count) {
              end.accumulateAndGet(from + got, Math::min);
            }
          });
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
   * Not for what is smaller than the filesystem's alignment, such as a header that is looked into
   * where images are aligned to 64 KiB.
   */
  private static boolean isDirect(FsProfile now, ByteBuffer buffer) {
    int alignment = now.alignment();
    return now.mode().direct()
        && buffer.limit() % alignment == 0
        && buffer.alignmentOffset(0, alignment) == 0;
  }

  /** A part of an image. */
  private interface Part {
    void run(int from, int count) throws ChunkIoException;
  }

  private static void inPieces(int bytes, FsProfile now, PieceRunner pieces, Part part)
      throws ChunkIoException {
    int piece = now.pieceBytes();
    if (piece == 0 || bytes <= piece) {
      part.run(0, bytes);
      return;
    }
    int count = (bytes + piece - 1) / piece;
    pieces.run(count, i -> part.run(i * piece, Math.min(piece, bytes - i * piece)));
  }

  /** Reads until there is enough or the file ends. */
  private int readFully(int fd, String path, ByteBuffer into, int from, int count, boolean direct)
      throws ChunkIoException {
    int done = 0;
    while (done < count) {
      long n = posix.pread(fd, into, from + done, count - done, from + done);
      if (n == -Errno.EINTR) {
        continue;
      }
      if (n < 0) {
        throw ErrnoException.failure("read", path, (int) -n);
      }
      done += (int) n;
      // A short direct read leaves an unaligned rest, which only the end of the file explains.
      if (n == 0 || (direct && n % profile.alignment() != 0)) {
        break;
      }
    }
    return done;
  }

  @Override
  public void write(Path file, ByteBuffer from, PieceRunner pieces) throws ChunkIoException {
    String path = file.toString();
    FsProfile now = profile;
    boolean direct = isDirect(now, from);
    try {
      write(path, from, direct, now, pieces);
    } catch (ChunkIoException e) {
      if (!direct || ErrnoException.of(e) != Errno.EINVAL) {
        throw e;
      }
      // Ours: had it been there before, the answer would have been EEXIST.
      posix.unlink(path);
      write(path, from, false, now, pieces);
      fallBack("write", path);
    }
    if (!now.settled()) {
      probeAgain();
    }
  }

  private void write(
      String path, ByteBuffer source, boolean direct, FsProfile now, PieceRunner pieces)
      throws ChunkIoException {
    int create = OpenFlags.WRITE_ONLY | OpenFlags.CREATE | OpenFlags.EXCLUSIVE;
    int fd = open(path, create | directFlag(direct), FILE_MODE);
    boolean written = false;
    try {
      inPieces(
          source.limit(),
          now,
          pieces,
          (from, count) -> writeFully(fd, path, source, from, count, direct));
      if (options.durable()) {
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

  private void writeFully(
      int fd, String path, ByteBuffer source, int from, int count, boolean direct)
      throws ChunkIoException {
    int done = 0;
    while (done < count) {
      long n = posix.pwrite(fd, source, from + done, count - done, from + done);
      if (n == -Errno.EINTR) {
        continue;
      }
      if (n < 0) {
        throw ErrnoException.failure("write", path, (int) -n);
      }
      done += (int) n;
      if (n == 0 || (direct && done < count && n % profile.alignment() != 0)) {
        // What is left of it cannot be written directly, and is not likely to fit.
        throw ErrnoException.failure("write after " + (from + done) + " bytes of", path, Errno.EIO);
      }
    }
  }

  private void sync(int fd, String path) throws ChunkIoException {
    int result = posix.fsync(fd);
    if (result < 0) {
      throw ErrnoException.failure("fsync", path, -result);
    }
  }

  private int directFlag(boolean direct) {
    return direct ? flags.direct() : 0;
  }

  private int open(String path, int access, int mode) throws ChunkIoException {
    int all = access | OpenFlags.CLOSE_ON_EXEC | flags.noFollow();
    int fd;
    do {
      fd = posix.open(path, all, mode);
    } while (fd == -Errno.EINTR);
    return done("open", path, fd);
  }

  private static int done(String call, String path, int result) throws ChunkIoException {
    if (result < 0) {
      throw ErrnoException.failure(call, path, -result);
    }
    return result;
  }

  private void fallBack(String call, String path) {
    FsProfile now = profile;
    if (now.mode().direct()) {
      profile =
          now.buffered(
              "a direct " + call + " failed with EINVAL on " + now.filesystem() + " after a probe");
      log.warn("{}: {}; all I/O goes through the page cache from now on", path, profile.mode());
    }
  }

  private void probeAgain() {
    if (nanoClock.getAsLong() - probedAt < PROBE_INTERVAL_NANOS
        || !probing.compareAndSet(false, true)) {
      return;
    }
    try {
      profile = new FsProbe(posix, flags, options, sysfs, root).run();
      probedAt = nanoClock.getAsLong();
      log.info("{}: {}", root, profile.mode());
    } finally {
      probing.set(false);
    }
  }

  @Override
  public void rename(Path from, Path to) throws ChunkIoException {
    done("rename", from.toString(), posix.rename(from.toString(), to.toString()));
  }

  @Override
  public boolean exists(Path file) throws ChunkIoException {
    FileStatus found = status.get();
    String path = file.toString();
    int result = statx(path, FileStatus.TYPE, found);
    return result != -Errno.ENOENT && done("look for", path, result) == 0 && found.isRegular();
  }

  /** Asked for no more than the metadata server knows, no other server has to answer. */
  private int statx(String path, int mask, FileStatus into) {
    int result;
    do {
      result = posix.statx(FileStatus.ABSOLUTE, path, FileStatus.AS_STAT, mask, into);
    } while (result == -Errno.EINTR);
    return result;
  }

  @Override
  public void delete(Path file) throws ChunkIoException {
    done("delete", file.toString(), posix.unlink(file.toString()));
  }

  @Override
  public void touch(Path file) throws ChunkIoException {
    done("touch", file.toString(), posix.touch(file.toString()));
  }

  @Override
  public long lastModified(Path file) throws ChunkIoException {
    FileStatus found = status.get();
    String path = file.toString();
    done("ask for the time of", path, statx(path, FileStatus.MODIFIED, found));
    return found.modifiedMillis();
  }

  @Override
  public void list(Path directory, EntryVisitor visitor) throws ChunkIoException {
    String path = directory.toString();
    int fd = open(path, OpenFlags.READ_ONLY | flags.directory(), 0);
    try {
      new DirectoryListing(posix, path).show(fd, visitor);
    } finally {
      posix.close(fd);
    }
  }

  @Override
  public void createDirectories(Path directory, long fileBytes) throws ChunkIoException {
    Deque<Path> missing = new ArrayDeque<>();
    Path next = directory;
    int made = posix.mkdir(next.toString(), DIRECTORY_MODE);
    while (made == -Errno.ENOENT && next.getParent() != null) {
      missing.push(next);
      next = next.getParent();
      made = posix.mkdir(next.toString(), DIRECTORY_MODE);
    }
    boolean striped = isMade(next, made, fileBytes, false);
    while (!missing.isEmpty()) {
      next = missing.pop();
      striped |= isMade(next, posix.mkdir(next.toString(), DIRECTORY_MODE), fileBytes, striped);
    }
  }

  /** Whether we made it; the topmost that we made is striped, since those below copy from it. */
  private boolean isMade(Path directory, int made, long fileBytes, boolean striped)
      throws ChunkIoException {
    String path = directory.toString();
    if (made != -Errno.EEXIST) {
      done("make directory", path, made);
      if (!striped) {
        striping.apply(directory, fileBytes);
      }
      return true;
    }
    FileStatus found = status.get();
    done("make directory", path, statx(path, FileStatus.TYPE, found));
    if (!found.isDirectory()) {
      throw ErrnoException.failure("make directory", path, Errno.ENOTDIR);
    }
    return false;
  }

  @Override
  public long usableBytes(Path directory) throws ChunkIoException {
    return statfs(directory).usableBytes();
  }

  @Override
  public long totalBytes(Path directory) throws ChunkIoException {
    return statfs(directory).totalBytes();
  }

  private FilesystemStatus statfs(Path directory) throws ChunkIoException {
    FilesystemStatus answer = new FilesystemStatus();
    done("ask for space", directory.toString(), posix.statfs(directory.toString(), answer));
    return answer;
  }

  @Override
  public void close() {
    // No descriptor is kept between calls.
  }

  @Override
  public String toString() {
    return "native " + profile.mode();
  }
}
