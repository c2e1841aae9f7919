package io.kvcache.store;

import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.IoFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Keeps a store on the filesystem that it was opened on. If that is unmounted, its directories are
 * missing, and making them again would fill the disk beneath. Asked only when directories are to be
 * made, so it costs nothing otherwise. Immutable.
 */
final class MountCheck {
  private final Path root;
  private final Object device;

  /** Remembers the filesystem of the root, if there is a root and its filesystem has a number. */
  MountCheck(Path root) {
    this.root = root;
    this.device = device(root);
  }

  /**
   * Refuses to make directories on another filesystem.
   *
   * @throws ChunkIoException as a trouble that may pass: the filesystem may be mounted again
   */
  void requireSame() throws ChunkIoException {
    Path existing = root;
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (device != null && existing != null && !device.equals(device(existing))) {
      throw new ChunkIoException(
          IoFault.TRANSIENT,
          root + " is no longer on the filesystem that it was opened on: is that mounted?",
          null);
    }
  }

  private static Object device(Path path) {
    try {
      return Files.getAttribute(path, "unix:dev");
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return null;
    }
  }
}
