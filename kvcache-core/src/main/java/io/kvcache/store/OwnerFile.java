package io.kvcache.store;

import io.kvcache.spi.ChunkIo;
import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.IoFault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says who a token is: {@code <root>/.owners/<token>}, JSON with host, boot_id, pid_ns, pid and
 * start. Its modification time is renewed every minute, and it goes when the store is closed.
 * Temporary files whose owner is dead can then be told from those of a slow writer.
 *
 * <p>A thread of its own does that, so that a filesystem that hangs delays nobody for longer than a
 * second. Its bytes are written once: renewing touches it, for which a filesystem whose metadata
 * answers needs no server that holds bytes. Writing them is what may hang where one is down; until
 * it returns, our temporary files tell their age themselves.
 *
 * <p>Thread-safe: whoever wants to know the time may renew it too.
 */
final class OwnerFile implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OwnerFile.class);
  private static final long RENEW_SECONDS = 60;
  private static final long PATIENCE_SECONDS = 1;
  private static final FileAttribute<?> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  /** Where the files of all owners are, below the root. */
  static final String DIRECTORY = ".owners";

  private final ChunkIo io;
  private final Path file;
  private final OwnerIdentity identity = OwnerIdentity.current();
  private final byte[] json = identity.json();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final CountDownLatch published = new CountDownLatch(1);
  private final AtomicBoolean warned = new AtomicBoolean();
  private final Thread renewer;

  private OwnerFile(ChunkIo io, Path file) {
    this.io = io;
    this.file = file;
    this.renewer = new Thread(this::keep, "kvcache-owner-" + file.getFileName());
    renewer.setDaemon(true);
  }

  /**
   * Writes the file, for which it waits a second, and keeps it fresh. A directory that does not let
   * us write now is tried again every minute: until then nothing else can be written there either.
   */
  static OwnerFile publish(ChunkIo io, Path root, String token) {
    OwnerFile owner = new OwnerFile(io, root.resolve(DIRECTORY).resolve(token));
    owner.renewer.start();
    try {
      owner.published.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return owner;
  }

  private void write() throws IOException {
    try (var channel =
        Files.newByteChannel(
            file,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      ByteBuffer bytes = ByteBuffer.wrap(json);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }

  /**
   * Sets its time to now, in the way that stamps are, and so by the clock that ages on different
   * nodes are told by. If somebody removed the file, it is written again.
   */
  void renew() throws ChunkIoException {
    try {
      io.touch(file);
    } catch (ChunkIoException e) {
      if (e.fault() != IoFault.MISSING) {
        throw e;
      }
      create();
    }
  }

  /** Who we are. */
  OwnerIdentity identity() {
    return identity;
  }

  private void keep() {
    create();
    published.countDown();
    try {
      while (!closed.await(RENEW_SECONDS, TimeUnit.SECONDS)) {
        try {
          renew();
        } catch (ChunkIoException e) {
          log.debug("{}: not renewed: {}", file, e.toString());
        }
      }
      Files.deleteIfExists(file);
    } catch (IOException e) {
      log.debug("{}: not removed: {}", file, e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void create() {
    try {
      Files.createDirectories(file.getParent(), OWNER_ONLY);
      write();
    } catch (FileAlreadyExistsException e) {
      // Another thread saw that it was missing, too.
    } catch (IOException e) {
      if (warned.compareAndSet(false, true)) {
        log.warn("{}: the owner of temporary files is not named: {}", file, e.toString());
      }
    }
  }

  /** Has the file removed, and waits a second for it: a filesystem that hangs keeps nobody here. */
  @Override
  public void close() {
    closed.countDown();
    try {
      renewer.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
