package io.kvcache.store;

import io.kvcache.PurgeReport;
import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.IoFault;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes every image of one tenant, of all models and ranks, by the scope digest in its header: no
 * name says whose an image is. What is being written is read too, as far as its header is there; an
 * owner whose temporary file is removed declines that write. Used by one thread, once.
 */
final class Purge {
  private static final Logger log = LoggerFactory.getLogger(Purge.class);

  private final DirectoryStore store;
  private final byte[] scopeDigest;
  private final Pace pace;
  private ByteBuffer header = ImageBuffer.allocate(ImageDescriptor.FIRST_BLOCK_BYTES);
  private long images;
  private long bytes;
  private long failed;
  private boolean stopped;

  Purge(DirectoryStore store, byte[] scopeDigest, Pace pace) {
    this.store = store;
    this.scopeDigest = scopeDigest;
    this.pace = pace;
  }

  PurgeReport run() {
    DirectoryScan scan = new DirectoryScan(store.io, store.root, this::goesOn);
    scan.walk(new Reading());
    if (stopped || pace.isStopped()) {
      log.warn("{}: the store was closed during a purge, which is not complete", store.root);
      failed++;
    }
    return new PurgeReport(0, images, bytes, failed + scan.failed());
  }

  private boolean goesOn() {
    return !stopped && pace.next();
  }

  /** Waits for its turn; false once the store closes. */
  private boolean awaitUnlink() {
    stopped = !store.awaitUnlink();
    return !stopped;
  }

  private record Found(String name, long bytes, boolean published) {}

  private final class Reading implements DirectoryScan.Visitor {
    private final List<Found> files = new ArrayList<>();

    @Override
    public void image(String name, ImageName parts, long size, long modifiedMillis) {
      files.add(new Found(name, size, true));
    }

    @Override
    public void temporary(String name, String owner, long size, long modifiedMillis) {
      files.add(new Found(name, size, false));
    }

    @Override
    public void leave(Path directory) {
      for (Found file : files) {
        if (!goesOn()) {
          break;
        }
        removeIfTheirs(directory, file);
      }
      files.clear();
    }
  }

  private void removeIfTheirs(Path directory, Found found) {
    Path file = directory.resolve(found.name);
    try {
      switch (whose(file)) {
        case THEIRS -> {
          if (!awaitUnlink()) {
            return;
          }
          store.io.delete(file);
          images++;
          bytes += found.bytes;
          forget(directory, found);
        }
        case OTHERS -> {
          // Left alone.
        }
        case DAMAGED -> {
          if (found.published && awaitUnlink()) {
            store.counters.corrupt.increment();
            log.warn("{}: removed, since its header is wrong", file);
            store.io.delete(file);
            forget(directory, found);
          }
        }
        case UNKNOWN_VERSION -> {
          failed++;
          log.warn("{}: left, since its format is not known here", file);
        }
      }
    } catch (ChunkIoException e) {
      if (e.fault() != IoFault.MISSING) {
        failed++;
        log.warn("{}: not looked into, or not removed", file, e);
      }
    }
  }

  private void forget(Path directory, Found found) {
    if (found.published) {
      store.forget(ImageName.path(directory.getParent(), found.name));
    }
  }

  private ImageDescriptor.Whose whose(Path file) throws ChunkIoException {
    int read = read(file);
    int needed = ImageDescriptor.statedHeaderBytes(header, read);
    if (needed > header.capacity()) {
      header = ImageBuffer.allocate(needed);
      read = read(file);
    }
    return ImageDescriptor.whose(header, read, scopeDigest);
  }

  private int read(Path file) throws ChunkIoException {
    return store.io.read(file, header.clear());
  }
}
