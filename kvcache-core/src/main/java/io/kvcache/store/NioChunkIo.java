package io.kvcache.store;

import io.kvcache.spi.ChunkIo;
import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.EntryType;
import io.kvcache.spi.EntryVisitor;
import io.kvcache.spi.IoFault;
import io.kvcache.spi.IoMode;
import io.kvcache.spi.PieceRunner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/**
 * Chunk I/O through the JDK alone: works wherever Java does, with O_DIRECT where a real aligned
 * write and read in the directory passes.
 *
 * <p>Stateless but for the mode, so thread-safe.
 */
public final class NioChunkIo implements ChunkIo {
  /** Alignment that is probed, and that images keep at least. */
  static final int ALIGNMENT = 4096;

  private static final FileAttribute<?> FILE_MODE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<?> DIRECTORY_MODE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final IoMode mode;
  private final Set<OpenOption> readOptions;
  private final Set<OpenOption> writeOptions;

  private NioChunkIo(IoMode mode) {
    this.mode = mode;
    this.readOptions = options(mode.direct(), StandardOpenOption.READ);
    this.writeOptions =
        options(mode.direct(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /** I/O for files in that directory, with the mode that a probe in it proves. */
  public static NioChunkIo open(Path directory) {
    return probe(directory, ".probe." + OwnerToken.create());
  }

  /**
   * Chooses the mode by writing and reading back one aligned block in the directory.
   *
   * @param directory exists, or every probe fails and the mode is buffered
   * @param probeName a file name nobody else uses
   */
  static NioChunkIo probe(Path directory, String probeName) {
    OpenOption direct = DirectOption.find();
    if (direct == null) {
      return buffered("this Java has no O_DIRECT option: is the module jdk.unsupported missing?");
    }
    NioChunkIo candidate =
        new NioChunkIo(new IoMode(true, "an aligned O_DIRECT write and read passed"));
    Path file = directory.resolve(probeName);
    ByteBuffer written = ByteBuffer.allocateDirect(2 * ALIGNMENT).alignedSlice(ALIGNMENT);
    written.limit(ALIGNMENT);
    for (int i = 0; i < ALIGNMENT; i += Long.BYTES) {
      written.putLong(i, 0x9E3779B97F4A7C15L * (i + 1));
    }
    try {
      candidate.write(file, written);
      ByteBuffer read = ByteBuffer.allocateDirect(2 * ALIGNMENT).alignedSlice(ALIGNMENT);
      read.limit(ALIGNMENT);
      int length = candidate.read(file, read);
      if (length != ALIGNMENT || !read.equals(written)) {
        return buffered("an O_DIRECT read gave other bytes than were written");
      }
      return candidate;
    } catch (ChunkIoException e) {
      return buffered("an O_DIRECT write and read failed: " + e.getMessage());
    } catch (UnsupportedOperationException e) {
      // What the JDK throws where the filesystem refuses the flag itself.
      return buffered("the filesystem refuses O_DIRECT: " + e.getMessage());
    } finally {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        // The probe's own failure said more; an empty left-over is the owner's temporary file.
      }
    }
  }

  /** Without O_DIRECT, for the reason given. */
  static NioChunkIo buffered(String reason) {
    return new NioChunkIo(new IoMode(false, reason));
  }

  private static Set<OpenOption> options(boolean direct, OpenOption... options) {
    Set<OpenOption> all = new HashSet<>(Set.of(options));
    all.add(LinkOption.NOFOLLOW_LINKS);
    if (direct) {
      all.add(DirectOption.find());
    }
    return Set.copyOf(all);
  }

  @Override
  public IoMode mode() {
    return mode;
  }

  @Override
  public int read(Path file, ByteBuffer into, PieceRunner pieces) throws ChunkIoException {
    ByteBuffer target = into.duplicate();
    try (FileChannel channel = FileChannel.open(file, readOptions)) {
      while (target.hasRemaining()) {
        int n = channel.read(target, target.position());
        // A short direct read leaves an unaligned rest, which only the end of the file explains.
        if (n < 0 || (mode.direct() && n % ALIGNMENT != 0)) {
          break;
        }
      }
      return target.position();
    } catch (IOException e) {
      throw failure("read", file, e);
    }
  }

  @Override
  public void write(Path file, ByteBuffer from, PieceRunner pieces) throws ChunkIoException {
    ByteBuffer source = from.duplicate();
    try (FileChannel channel = FileChannel.open(file, writeOptions, FILE_MODE)) {
      while (source.hasRemaining()) {
        channel.write(source, source.position());
      }
    } catch (IOException e) {
      throw failure("write", file, e);
    }
  }

  @Override
  public void rename(Path from, Path to) throws ChunkIoException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw failure("rename", from, e);
    }
  }

  @Override
  public boolean exists(Path file) throws ChunkIoException {
    try {
      return attributes(file).isRegularFile();
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw failure("look for", file, e);
    }
  }

  @Override
  public void delete(Path file) throws ChunkIoException {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw failure("delete", file, e);
    }
  }

  @Override
  public void touch(Path file) throws ChunkIoException {
    try {
      Files.getFileAttributeView(file, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
          .setTimes(FileTime.from(Instant.now()), null, null);
    } catch (IOException e) {
      throw failure("touch", file, e);
    }
  }

  @Override
  public long lastModified(Path file) throws ChunkIoException {
    try {
      return Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toMillis();
    } catch (IOException e) {
      throw failure("ask for the time of", file, e);
    }
  }

  @Override
  public void list(Path directory, EntryVisitor visitor) throws ChunkIoException {
    try {
      if (!attributes(directory).isDirectory()) {
        throw new NotDirectoryException(directory.toString());
      }
      IOException unknown = null;
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
        for (Path entry : entries) {
          try {
            if (!show(entry, visitor)) {
              return;
            }
          } catch (IOException e) {
            unknown = unknown == null ? e : unknown;
          }
        }
      }
      if (unknown != null) {
        throw unknown;
      }
    } catch (DirectoryIteratorException e) {
      throw failure("list", directory, e.getCause());
    } catch (IOException e) {
      throw failure("list", directory, e);
    }
  }

  private static boolean show(Path entry, EntryVisitor visitor) throws IOException {
    String name = entry.getFileName().toString();
    BasicFileAttributes found;
    try {
      found = attributes(entry);
    } catch (NoSuchFileException e) {
      return true; // gone since its name was read
    }
    EntryType type =
        found.isRegularFile()
            ? EntryType.FILE
            : found.isDirectory() ? EntryType.DIRECTORY : EntryType.OTHER;
    return visitor.visit(name, type, found.size(), found.lastModifiedTime().toMillis());
  }

  private static BasicFileAttributes attributes(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  public void createDirectories(Path directory, long fileBytes) throws ChunkIoException {
    try {
      Files.createDirectories(directory, DIRECTORY_MODE);
    } catch (IOException e) {
      throw failure("make directory", directory, e);
    }
  }

  @Override
  public long usableBytes(Path directory) throws ChunkIoException {
    return space(directory, FileStore::getUsableSpace);
  }

  @Override
  public long totalBytes(Path directory) throws ChunkIoException {
    return space(directory, FileStore::getTotalSpace);
  }

  private interface SpaceQuestion {
    long ask(FileStore store) throws IOException;
  }

  private static long space(Path directory, SpaceQuestion question) throws ChunkIoException {
    try {
      return question.ask(Files.getFileStore(directory));
    } catch (IOException e) {
      throw failure("ask for space", directory, e);
    }
  }

  private static ChunkIoException failure(String action, Path file, IOException cause) {
    return new ChunkIoException(fault(cause), action + " " + file + ": " + reason(cause), cause);
  }

  private static String reason(IOException cause) {
    return cause instanceof FileSystemException named && named.getReason() != null
        ? named.getReason()
        : cause.toString();
  }

  // The JDK gives the errno as text only; these are the C library's words for it.
  private static IoFault fault(IOException cause) {
    if (cause instanceof NoSuchFileException) {
      return IoFault.MISSING;
    }
    if (cause instanceof FileAlreadyExistsException) {
      return IoFault.EXISTS;
    }
    String reason = String.valueOf(reason(cause));
    if (reason.contains("No space left") || reason.contains("quota exceeded")) {
      return IoFault.NO_SPACE;
    }
    if (cause instanceof AccessDeniedException
        || reason.contains("Read-only file system")
        || reason.contains("Operation not permitted")) {
      return IoFault.READ_ONLY;
    }
    return IoFault.TRANSIENT;
  }

  @Override
  public void close() {
    // Nothing is held between calls.
  }

  @Override
  public String toString() {
    return "NIO " + mode;
  }
}
