package io.kvcache.store;

import io.kvcache.KvScope;
import io.kvcache.PromptKeys;
import io.kvcache.PurgeReport;
import io.kvcache.StoreOutcome;
import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.IoFault;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One namespace of a {@link DirectoryStore}: looks up, reads, publishes and stamps images, and is
 * where the failure rules stand. A read that fails is a miss. Only proof that a file is wrong
 * removes it. A write that fails is declined, and leaves nothing under the final name.
 *
 * <p>Thread-safe: it has no state of its own. Methods that return a future hand the work to the
 * store's threads, and their futures never complete exceptionally; the others do I/O and belong on
 * those threads, see {@link #onPool}. A buffer handed in is the operation's alone until its future
 * completes.
 */
public final class ChunkDirectory {
  private static final Logger log = LoggerFactory.getLogger(ChunkDirectory.class);

  private final DirectoryStore store;
  private final Namespace namespace;
  private final Path images;
  private final int[] fullGroups;

  ChunkDirectory(DirectoryStore store, Namespace namespace) {
    this.store = store;
    this.namespace = namespace;
    this.images = store.root.resolve(namespace.imageDirectory());
    this.fullGroups = namespace.fullGroups();
  }

  /** The namespace. */
  public Namespace namespace() {
    return namespace;
  }

  /** Counters of the store. */
  public StoreStats stats() {
    return store.stats();
  }

  /** See {@link DirectoryStore#purge}. */
  public PurgeReport purge(KvScope scope) {
    return store.purge(scope);
  }

  /** How often a chunk's last use is written down, at most, in milliseconds. */
  public long stampIntervalMillis() {
    return store.stampIntervalMillis;
  }

  /**
   * Runs a lookup on one of the store's threads.
   *
   * @param ifDown the result if the store is closed, or the lookup broke
   */
  public <T> CompletableFuture<T> onPool(Supplier<T> lookup, T ifDown) {
    return store.pool.submit(
        () -> {
          try {
            return lookup.get();
          } catch (RuntimeException e) {
            log.warn("{}: a lookup failed", namespace, e);
            return ifDown;
          }
        },
        ifDown);
  }

  /**
   * How many leading chunks are there, found by bisection: published chunks are prefix-closed but
   * for evictions in progress and declined writes. It may look past such a hole; the read then
   * finds it, and the prefix is shorter, never wrong. The last chunk is asked for first, since most
   * prompts that match do so to the end. Does I/O.
   *
   * @param from chunks known to be there
   * @param to chunks to look for at most
   */
  public int leadingChunks(PromptKeys keys, int from, int to) {
    if (from >= to || holdsChunk(keys, to - 1)) {
      return to;
    }
    int present = from - 1;
    int absent = to - 1;
    while (absent - present > 1) {
      int middle = (present + absent) >>> 1;
      if (holdsChunk(keys, middle)) {
        present = middle;
      } else {
        absent = middle;
      }
    }
    return absent;
  }

  /** Whether the images of every full group of a chunk are there, as far as is known. Does I/O. */
  public boolean holdsChunk(PromptKeys keys, int chunk) {
    for (int group : fullGroups) {
      if (!holds(keys, chunk, group)) {
        return false;
      }
    }
    return true;
  }

  /** Whether an image is there, as far as is known. Does I/O unless it was seen a while ago. */
  public boolean holds(PromptKeys keys, int chunk, int group) {
    return holds(path(StoredChunk.of(keys, chunk), group));
  }

  private boolean holds(ImagePath path) {
    if (store.seen.contains(path, System.nanoTime())) {
      return true;
    }
    store.counters.existenceChecks.increment();
    try {
      if (!store.io.exists(path.published())) {
        return false;
      }
    } catch (ChunkIoException | RuntimeException e) {
      store.counters.readErrors.increment();
      log.debug("{}: taken for absent: {}", path, e.toString());
      return false;
    }
    store.seen.add(path, System.nanoTime());
    return true;
  }

  /**
   * Reads an image into a slot and verifies it.
   *
   * @param slot gives the slot's memory, on the thread that reads: position 0, as long as the
   *     image, little-endian
   */
  public CompletableFuture<ReadOutcome> read(
      StoredChunk chunk, int group, Supplier<ByteBuffer> slot) {
    return store.pool.submit(() -> readNow(chunk, group, slot), ReadOutcome.TIER_DOWN);
  }

  private ReadOutcome readNow(StoredChunk chunk, int group, Supplier<ByteBuffer> slot) {
    ImagePath path = path(chunk, group);
    long start = System.nanoTime();
    ReadOutcome outcome;
    try {
      ByteBuffer into = slot.get();
      int length = store.io.read(path.published(), into);
      ImageFault fault = namespace.image(group).verify(into, length, namespace, chunk);
      if (fault == null) {
        store.counters.reads.increment();
        store.counters.bytesRead.add(length);
        store.counters.readNanos.add(System.nanoTime() - start);
        store.seen.add(path, System.nanoTime());
        return ReadOutcome.OK;
      }
      store.counters.corrupt.increment();
      log.warn("{}: removed, since its {} is wrong", path.published(), fault);
      remove(path.published());
      outcome = ReadOutcome.CORRUPT;
    } catch (ChunkIoException e) {
      if (e.fault() == IoFault.MISSING) {
        store.counters.missing.increment();
        outcome = ReadOutcome.MISSING;
      } else {
        store.counters.readErrors.increment();
        log.debug("a read failed, and the file is left alone", e);
        outcome = ReadOutcome.IO_ERROR;
      }
    } catch (RuntimeException | Error e) {
      store.counters.readErrors.increment();
      log.warn("{}: reading failed in an unforeseen way", path.published(), e);
      outcome = ReadOutcome.IO_ERROR;
    }
    // Whatever it was: the remembered hit must not lead the next request here again.
    store.seen.remove(path);
    return outcome;
  }

  private void remove(Path file) {
    try {
      store.io.delete(file);
    } catch (ChunkIoException e) {
      if (e.fault() != IoFault.MISSING) {
        log.warn("a corrupt file could not be removed", e);
      }
    }
  }

  /**
   * Finishes an image (header, checksums, padding) and publishes it, unless it is there.
   *
   * @param image the slot, its parts filled: position 0, as long as the image, little-endian
   * @return {@link StoreOutcome#WRITTEN}, {@link StoreOutcome#ALREADY_PRESENT}, or why not
   */
  public CompletableFuture<StoreOutcome> write(StoredChunk chunk, int group, ByteBuffer image) {
    long bytes = image.capacity();
    long queued = store.counters.queuedBytes.addAndGet(bytes);
    // One image may always wait, however low the limit is.
    if (queued > store.maxQueuedBytes && queued > bytes) {
      store.counters.queuedBytes.addAndGet(-bytes);
      return CompletableFuture.completedFuture(store.counters.declined(StoreOutcome.QUEUE_FULL));
    }
    return store
        .pool
        .submitLate(() -> writeNow(chunk, group, image), StoreOutcome.TIER_DOWN)
        .thenApply(
            outcome -> {
              store.counters.queuedBytes.addAndGet(-bytes);
              return outcome == StoreOutcome.WRITTEN || outcome == StoreOutcome.ALREADY_PRESENT
                  ? outcome
                  : store.counters.declined(outcome);
            });
  }

  private StoreOutcome writeNow(StoredChunk chunk, int group, ByteBuffer image) {
    try {
      ImagePath path = path(chunk, group);
      if (holds(path)) {
        return StoreOutcome.ALREADY_PRESENT;
      }
      if (!store.admits(image.capacity())) {
        return StoreOutcome.NO_SPACE;
      }
      long start = System.nanoTime();
      namespace.image(group).seal(image, namespace, chunk, System.currentTimeMillis());
      StoreOutcome outcome = publish(path, image);
      if (outcome == StoreOutcome.WRITTEN) {
        store.counters.writes.increment();
        store.counters.bytesWritten.add(image.capacity());
        store.counters.writeNanos.add(System.nanoTime() - start);
        store.space.succeeded();
        store.seen.add(path, System.nanoTime());
        store.stamped.add(path, System.nanoTime());
      } else {
        store.refund(image.capacity());
      }
      return outcome;
    } catch (RuntimeException | Error e) {
      log.warn("{}: writing failed in an unforeseen way", namespace, e);
      return StoreOutcome.IO_ERROR;
    }
  }

  private StoreOutcome publish(ImagePath path, ByteBuffer image) {
    Path temporary = path.temporary(store.ownerToken);
    // Our own token: another thread of this process may write the same image right now.
    if (!store.writing.add(temporary)) {
      return StoreOutcome.IN_FLIGHT;
    }
    try {
      writeTemporary(path, temporary, image);
      store.io.rename(temporary, path.published());
      return StoreOutcome.WRITTEN;
    } catch (ChunkIoException e) {
      log.debug("a write was declined", e);
      removeTemporary(temporary);
      return switch (e.fault()) {
        case NO_SPACE -> {
          store.space.full();
          yield StoreOutcome.NO_SPACE;
        }
        case READ_ONLY -> StoreOutcome.READ_ONLY;
        default -> StoreOutcome.IO_ERROR;
      };
    } finally {
      store.writing.remove(temporary);
    }
  }

  private void writeTemporary(ImagePath path, Path temporary, ByteBuffer image)
      throws ChunkIoException {
    try {
      store.io.write(temporary, image);
    } catch (ChunkIoException e) {
      switch (e.fault()) {
        case MISSING -> {
          store.mount.requireSame();
          store.io.createDirectories(path.directory());
          publishConfig();
        }
        // Nobody is writing it: an earlier failure left it, and it could not be removed then.
        case EXISTS -> store.io.delete(temporary);
        default -> throw e;
      }
      store.io.write(temporary, image);
    }
  }

  private void removeTemporary(Path temporary) {
    try {
      store.io.delete(temporary);
    } catch (ChunkIoException e) {
      if (e.fault() != IoFault.MISSING && mayExist(temporary)) {
        store.counters.temporariesLeft.increment();
        log.debug("a temporary file is left for its owner's clean-up", e);
      }
    }
  }

  // A read-only filesystem refuses to remove even what is not there.
  private boolean mayExist(Path file) {
    try {
      return store.io.exists(file);
    } catch (ChunkIoException e) {
      return true;
    }
  }

  /** For people only, so its failure declines nothing. */
  private void publishConfig() {
    Path directory = store.root.resolve(namespace.configDirectory());
    Path config = directory.resolve("config.json");
    // One thread at a time: they would share the temporary name.
    if (!store.writing.add(config)) {
      return;
    }
    try {
      if (!store.io.exists(config)) {
        store.io.createDirectories(directory);
        ConfigFile.publish(
            config, directory.resolve(".config.json." + store.ownerToken), namespace);
      }
    } catch (ChunkIoException e) {
      log.debug("{} was not written", config, e);
    } finally {
      store.writing.remove(config);
    }
  }

  /**
   * Writes down that images were used now: their modification times, for every node's evictor.
   * Deepest first, so that a parent never looks colder than its child for longer than this takes.
   * Those that this store stamped or wrote within the interval are passed over: a chunk that memory
   * is too small to keep is read again and again, and each time looks unstamped to its cache.
   *
   * @param images what was used, in that order
   */
  public void stamp(List<Stamp> images) {
    store.pool.run(
        () -> {
          for (Stamp image : images) {
            ImagePath path = path(image.chunk(), image.group());
            long now = System.nanoTime();
            if (store.stamped.contains(path, now)) {
              continue;
            }
            try {
              store.io.touch(path.published());
              store.stamped.add(path, now);
              store.counters.stamps.increment();
            } catch (ChunkIoException e) {
              store.counters.stampErrors.increment();
              if (e.fault() == IoFault.MISSING) {
                store.seen.remove(path);
                image.ifGone().run();
              }
            }
          }
        });
  }

  /**
   * One image that was used.
   *
   * @param chunk which chunk
   * @param group which of its images
   * @param ifGone called on an I/O thread if there is no such file
   */
  public record Stamp(StoredChunk chunk, int group, Runnable ifGone) {}

  private ImagePath path(StoredChunk chunk, int group) {
    return new ImagePath(images, chunk.key(), chunk.index(), group);
  }
}
