package io.kvcache.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says who a token is: {@code <root>/.owners/<token>}, JSON with host, boot_id, pid_ns, pid and
 * start. Its modification time is renewed every minute by a thread of its own, so that a filesystem
 * that hangs delays nobody, and it goes when the store is closed. Temporary files whose owner is
 * dead can then be told from those of a slow writer.
 */
final class OwnerFile implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OwnerFile.class);
  private static final long RENEW_SECONDS = 60;
  private static final FileAttribute<?> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  /** Where the files of all owners are, below the root. */
  static final String DIRECTORY = ".owners";

  private final Path file;
  private final OwnerIdentity identity = OwnerIdentity.current();
  private final byte[] json = identity.json();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread renewer;

  /** Used by the opening thread, and then by the renewer that it starts. */
  private boolean warned;

  private OwnerFile(Path file) {
    this.file = file;
    this.renewer = new Thread(this::renew, "kvcache-owner-" + file.getFileName());
    renewer.setDaemon(true);
  }

  /**
   * Writes the file and keeps it fresh. A directory that does not let us write now is tried again
   * every minute: until then nothing else can be written there either.
   */
  static OwnerFile publish(Path root, String token) {
    OwnerFile owner = new OwnerFile(root.resolve(DIRECTORY).resolve(token));
    owner.create();
    owner.renewer.start();
    return owner;
  }

  private void write() throws IOException {
    try (var channel =
        Files.newByteChannel(
            file,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      writeBytes(channel);
    }
  }

  private void writeBytes(SeekableByteChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(json);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /**
   * Writes the same bytes once more: so the filesystem stamps the file by its own clock, which is
   * the one that ages on different nodes can be told by.
   *
   * @return the time of that clock now, in milliseconds since 1970
   */
  long renewNow() throws IOException {
    try (var channel = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
      writeBytes(channel);
    }
    return Files.getLastModifiedTime(file).toMillis();
  }

  /** Who we are. */
  OwnerIdentity identity() {
    return identity;
  }

  private void renew() {
    try {
      while (!closed.await(RENEW_SECONDS, TimeUnit.SECONDS)) {
        try {
          renewNow();
        } catch (NoSuchFileException e) {
          create();
        } catch (IOException e) {
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
    } catch (IOException e) {
      if (!warned) {
        log.warn("{}: the owner of temporary files is not named: {}", file, e.toString());
        warned = true;
      }
    }
  }

  /** Has the file removed, and waits a second for it: a filesystem that hangs keeps nobody here. */
  @Override
  public void close() {
    closed.countDown();
    try {
      renewer.join(TimeUnit.SECONDS.toMillis(1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
