package io.kvcache.spi;

import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * How whole images reach a filesystem. The store owns names, rules and threads; an implementation
 * owns system calls.
 *
 * <ul>
 *   <li>Blocking, and thread-safe: any number of calls on different files at once.
 *   <li>Never interrupts or closes a descriptor that another call uses, and keeps none open between
 *       calls.
 *   <li>Buffers are direct; position 0 is at an address aligned to 4096, and a length is a multiple
 *       of 4096. Position and limit of the caller's buffer stay as they are.
 *   <li>Loops on short reads and writes; a length is reached or the file has ended.
 *   <li>Follows no symbolic link at the last name of a path.
 *   <li>Every failure is a {@link ChunkIoException}; {@link #close} waits for nothing.
 * </ul>
 */
public interface ChunkIo extends AutoCloseable {
  /** How bytes reach the disk, as proven by a real write and read when this was opened. */
  IoMode mode();

  /**
   * Reads the file from its start until the buffer is full or the file ends.
   *
   * @param pieces runs the parts of the call, if the implementation cuts it into some
   * @return bytes read
   */
  int read(Path file, ByteBuffer into, PieceRunner pieces) throws ChunkIoException;

  /** Reads the file on the calling thread alone. */
  default int read(Path file, ByteBuffer into) throws ChunkIoException {
    return read(file, into, PieceRunner.ALONE);
  }

  /**
   * Creates the file, which must not exist (else {@link IoFault#EXISTS}), writes the whole buffer
   * and closes it, readable by its owner only. A failure may leave the file behind.
   *
   * @param pieces runs the parts of the call, if the implementation cuts it into some
   */
  void write(Path file, ByteBuffer from, PieceRunner pieces) throws ChunkIoException;

  /** Writes the file on the calling thread alone. */
  default void write(Path file, ByteBuffer from) throws ChunkIoException {
    write(file, from, PieceRunner.ALONE);
  }

  /** Gives a file another name in its directory, replacing what has that name, atomically. */
  void rename(Path from, Path to) throws ChunkIoException;

  /** Whether the file exists, and is a file. */
  boolean exists(Path file) throws ChunkIoException;

  /** Removes the file; {@link IoFault#MISSING} if there is none. */
  void delete(Path file) throws ChunkIoException;

  /** Sets the file's modification time to now. */
  void touch(Path file) throws ChunkIoException;

  /**
   * When the file was last modified, in milliseconds since 1970: as a listing shows it, without
   * waiting for servers that have nothing but the file's bytes.
   */
  long lastModified(Path file) throws ChunkIoException;

  /**
   * Shows every entry of a directory, in any order, as it is when it is come across: what is made
   * or removed meanwhile may be shown or not. Reads one entry's attributes at a time and keeps
   * none. Fails if there is an entry that cannot be asked, best after all others were shown.
   */
  void list(Path directory, EntryVisitor visitor) throws ChunkIoException;

  /**
   * Makes the directory and those above it, open to their owner only; fine if they exist.
   *
   * @param fileBytes how large most files in it will be, for filesystems where a directory decides
   *     how its files are laid out; 0 if that is not known
   */
  void createDirectories(Path directory, long fileBytes) throws ChunkIoException;

  /** Bytes that this user may still write to the filesystem that holds the directory. */
  long usableBytes(Path directory) throws ChunkIoException;

  /** Size of the filesystem that holds the directory. */
  long totalBytes(Path directory) throws ChunkIoException;

  /** Frees what the implementation holds. */
  @Override
  void close();
}
