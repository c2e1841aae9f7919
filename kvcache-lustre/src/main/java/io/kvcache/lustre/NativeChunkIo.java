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
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;

/**
 * Chunk I/O by system calls: O_DIRECT among the flags of open itself, large images in pieces on
 * several threads where the filesystem gains by it, errors by their number.
 *
 * <ul>
 *   <li>A read that a server or a lost connection failed is tried once more with a fresh
 *       descriptor. A write is not: nobody knows how much of it is on the disk.
 *   <li>Where direct I/O fails with EINVAL although a probe had passed, the call is made again
 *       through the page cache; what that means for others is for {@link CurrentProfile} to say.
 * </ul>
 *
 * <p>Thread-safe.
 */
final class NativeChunkIo implements ChunkIo {
  private static final int DIRECTORY_MODE = 0700;

  private final PosixIo posix;
  private final OpenFlags flags;
  private final DirectoryStriping striping;
  private final ImageCalls images;
  private final CurrentProfile profile;
  private final ThreadLocal<FileStatus> status = ThreadLocal.withInitial(FileStatus::new);

  /**
   * As many as there ever were listings at once, which is as many as there are scans. A new one for
   * each of a scan's thousands of directories would wait for the garbage collector, which the heap
   * gives no reason to run.
   */
  private final Queue<ByteBuffer> listingBuffers = new ConcurrentLinkedQueue<>();

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
    this.striping =
        new DirectoryStriping(
            posix, options.striping(), sysfs.read(root).rpcBytes(posix.pageSize()));
    this.images = new ImageCalls(posix, flags, options.durable());
    this.profile =
        new CurrentProfile(
            () -> new FsProbe(posix, flags, options, sysfs, root).run(), root, nanoClock);
  }

  FsProfile profile() {
    return profile.get();
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
    FsProfile now = profile.get();
    boolean direct = CurrentProfile.isDirect(now, into);
    // A header that is looked into may well be shorter than the alignment, no image is.
    if (!direct && into.limit() > now.alignment()) {
      profile.buffered(now);
    }
    try {
      return images.read(path, into, direct, now, pieces);
    } catch (ChunkIoException e) {
      if (direct && ErrnoException.mayRefuseDirectIo(e)) {
        int length = images.read(path, into, false, now, pieces);
        profile.refused(e.getMessage());
        return length;
      }
      if (Errno.passes(ErrnoException.of(e))) {
        return images.read(path, into, direct, now, pieces);
      }
      throw e;
    }
  }

  @Override
  public void write(Path file, ByteBuffer from, PieceRunner pieces) throws ChunkIoException {
    String path = file.toString();
    FsProfile now = profile.get();
    boolean direct = CurrentProfile.isDirect(now, from);
    if (!direct) {
      profile.buffered(now);
    }
    try {
      images.write(path, from, direct, now, pieces);
    } catch (ChunkIoException e) {
      if (!direct || !ErrnoException.mayRefuseDirectIo(e)) {
        throw e;
      }
      removeOurs(path, e);
      images.write(path, from, false, now, pieces);
      profile.refused(e.getMessage());
    }
    profile.written(now);
  }

  /** Takes away what the failed write made, and nothing else. */
  private void removeOurs(String path, ChunkIoException failure) throws ChunkIoException {
    boolean ours = !ErrnoException.isOfOpen(failure) || images.madeAlthoughInvalid(path);
    int result = ours ? posix.unlink(path) : 0;
    if (result < 0 && result != -Errno.ENOENT) {
      throw failure;
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
    // Asked for its type alone, the metadata server answers, and no other has to.
    int result = statx(path, FileStatus.AS_STAT, FileStatus.TYPE, found);
    if (result == -Errno.ENOENT) {
      return false;
    }
    done("look for", path, result);
    return found.isRegular();
  }

  private int statx(String path, int freshness, int mask, FileStatus into) {
    int result;
    do {
      result = posix.statx(FileStatus.ABSOLUTE, path, freshness, mask, into);
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

  /**
   * As a listing shows it: what this client knows. To ask for more, Lustre asks every server that
   * has a part of the file, and waits as long as one of them is down. So a stamp that another node
   * has set a moment ago may not be seen.
   */
  @Override
  public long lastModified(Path file) throws ChunkIoException {
    FileStatus found = status.get();
    String path = file.toString();
    int result = statx(path, FileStatus.AS_CACHED, FileStatus.MODIFIED, found);
    done("ask for the time of", path, result);
    return found.modifiedMillis();
  }

  @Override
  public void list(Path directory, EntryVisitor visitor) throws ChunkIoException {
    String path = directory.toString();
    int fd = images.open(path, OpenFlags.READ_ONLY | flags.directory(), 0);
    try {
      ByteBuffer spare = listingBuffers.poll();
      ByteBuffer entries =
          spare == null ? ByteBuffer.allocateDirect(DirectoryListing.BUFFER_BYTES) : spare;
      try {
        new DirectoryListing(posix, path, entries).show(fd, visitor);
      } finally {
        listingBuffers.add(entries);
      }
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
    done("make directory", path, statx(path, FileStatus.AS_STAT, FileStatus.TYPE, found));
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

  private static void done(String call, String path, int result) throws ChunkIoException {
    if (result < 0) {
      throw ErrnoException.failure(call, path, -result);
    }
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
    return "native " + mode();
  }
}
