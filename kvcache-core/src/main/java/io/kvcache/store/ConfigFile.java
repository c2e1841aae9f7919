package io.kvcache.store;

import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.IoFault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * The namespace's config.json: its exact bytes hash to the fingerprint in the directory's name. For
 * people and tools; nothing on the data path reads it. A few hundred bytes of no alignment, so it
 * does not go through {@link io.kvcache.spi.ChunkIo}.
 */
final class ConfigFile {
  static final String NAME = "config.json";

  private ConfigFile() {}

  static void publish(Path file, Path temporary, Namespace namespace) throws ChunkIoException {
    try (var channel =
        Files.newByteChannel(
            temporary,
            Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      ByteBuffer bytes = ByteBuffer.wrap(namespace.config());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      temporary.toFile().delete();
      throw new ChunkIoException(IoFault.TRANSIENT, "write " + temporary + ": " + e, e);
    }
    try {
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      temporary.toFile().delete();
      throw new ChunkIoException(IoFault.TRANSIENT, "rename " + temporary + ": " + e, e);
    }
  }
}
