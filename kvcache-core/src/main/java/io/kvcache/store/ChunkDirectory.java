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
 * <p>A call that hangs is abandoned, and its file left alone for a while, see {@link Quarantine};
 * after much trouble in a row the filesystem is, see {@link CircuitBreaker}. There is a breaker
 * each for lookups, reads and writes: where only one of them fails, the success of another must not
 * hide it.
 *
 * <p>Thread-safe: it has no state of its own. Methods that return a future or a {@link PendingIo}
 * hand the work to the store's threads, and their futures never complete exceptionally; the others
 * do I/O and belong on those threads, see {@link #onPool}.
 */
public final class ChunkDirectory {
  private static final Logger log = LoggerFactory.getLogger(ChunkDirectory.class);

  private static final int STAMPS_AT_ONCE = 64;

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
   * @param ifDown the result if the store is closed or out of service, or the lookup broke or hung
   */
  public <T> CompletableFuture<T> onPool(Supplier<T> lookup, T ifDown) {
    // What cannot be read now is not looked for either.
    if (store.lookups.isShut() || store.reads.isShut()) {
      return CompletableFuture.completedFuture(ifDown);
    }
    return store.pool.submit(Lane.LOOKUP, 0, new Lookup<>(lookup, ifDown)).outcome();
  }

  /** A task whose hanging calls one breaker hears of, and whose file is left alone meanwhile. */
  private abstract class Guarded<T> extends IoTask<T> {
    private final CircuitBreaker breaker;

    Guarded(CircuitBreaker breaker, T ifDown, T ifHung, T ifCancelled) {
      super(ifDown, ifHung, ifCancelled);
      this.breaker = breaker;
    }

    @Override
    void hung(ImagePath file) {
      leaveAlone(file, breaker);
    }

    @Override
    void returned(ImagePath file) {
      mayUseAgain(file, breaker);
    }
  }

  private final class Lookup<T> extends Guarded<T> {
    private final Supplier<T> lookup;

    Lookup(Supplier<T> lookup, T ifDown) {
      super(store.lookups, ifDown, ifDown, ifDown);
      this.lookup = lookup;
    }

    @Override
    T run() {
      if (!store.lookups.enter()) {
        return ifDown;
      }
      try {
        return lookup.get();
      } catch (RuntimeException e) {
        log.warn("{}: a lookup failed", namespace, e);
        return ifDown;
      } finally {
        // Each question has said how it went; perhaps there was none.
        store.lookups.undecided();
      }
    }
  }

  private void leaveAlone(ImagePath file, CircuitBreaker breaker) {
    if (file == null) {
      breaker.failed(new Object());
      return;
    }
    log.debug("{}: a call hangs, and was abandoned", file);
    store.seen.remove(file);
    store.quarantine.add(file);
    breaker.failed(file);
  }

  /** An answer that came too late to be used is no sign of health. */
  private void worked(CircuitBreaker breaker) {
    if (store.pool.inTime()) {
      breaker.succeeded();
    }
  }

  private void mayUseAgain(ImagePath file, CircuitBreaker breaker) {
    if (file != null) {
      store.quarantine.returned(file);
    }
    breaker.stirred();
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
    if (store.quarantine.contains(path) || !store.pool.inTime()) {
      return false;
    }
    if (store.seen.contains(path, System.nanoTime())) {
      return true;
    }
    store.counters.existenceChecks.increment();
    store.pool.on(path);
    try {
      boolean exists = store.io.exists(path.published());
      worked(store.lookups);
      if (!exists) {
        return false;
      }
    } catch (ChunkIoException | RuntimeException e) {
      store.lookups.failed(path);
      store.counters.readErrors.increment();
      log.debug("{}: taken for absent: {}", path, e.toString());
      return false;
    }
    store.seen.add(path, System.nanoTime());
    return true;
  }

  /**
   * Reads an image into a slot and verifies it. The slot is the read's until {@link
   * PendingIo#released}.
   *
   * @param slot gives the slot's memory, on the thread that reads: position 0, as long as the
   *     image, little-endian
   */
  public PendingIo<ReadOutcome> read(
      StoredChunk chunk, int group, Supplier<ByteBuffer> slot, Urgency urgency) {
    if (store.reads.isShut()) {
      return PendingIo.ended(ReadOutcome.TIER_DOWN);
    }
    Lane lane = urgency == Urgency.DEMAND ? Lane.DEMAND : Lane.PREFETCH;
    return store.pool.submit(
        lane, namespace.image(group).imageBytes(), new Read(chunk, group, slot));
  }

  private final class Read extends Guarded<ReadOutcome> {
    private final StoredChunk chunk;
    private final int group;
    private final Supplier<ByteBuffer> slot;

    Read(StoredChunk chunk, int group, Supplier<ByteBuffer> slot) {
      super(store.reads, ReadOutcome.TIER_DOWN, ReadOutcome.TIMED_OUT, ReadOutcome.CANCELLED);
      this.chunk = chunk;
      this.group = group;
      this.slot = slot;
    }

    @Override
    ReadOutcome run() {
      ImagePath path = path(chunk, group);
      if (store.quarantine.contains(path)) {
        return ifHung;
      }
      if (!store.reads.enter()) {
        return ifDown;
      }
      try {
        store.pool.on(path);
        return readNow(path, chunk, group, slot);
      } finally {
        // Only if nothing more was said: a missing file tells nothing about reading.
        store.reads.undecided();
      }
    }
  }

  private ReadOutcome readNow(
      ImagePath path, StoredChunk chunk, int group, Supplier<ByteBuffer> slot) {
    long start = System.nanoTime();
    ByteBuffer into;
    try {
      into = slot.get();
    } catch (OutOfMemoryError e) {
      log.debug("{}: not read, since the host has no memory for it", path, e);
      return ReadOutcome.IO_ERROR;
    }
    ReadOutcome outcome;
    try {
      int length = store.io.read(path.published(), into, store.pool.pieces());
      worked(store.reads);
      ImageFault fault = namespace.image(group).verify(into, length, namespace, chunk);
      if (fault == null) {
        store.counters.reads.increment();
        store.counters.bytesRead.add(length);
        store.counters.readNanos.add(System.nanoTime() - start + store.pool.helpedNanos());
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
        if (e.fault() == IoFault.TRANSIENT) {
          store.reads.failed(path);
        }
        store.counters.readErrors.increment();
        log.debug("a read failed, and the file is left alone", e);
        outcome = ReadOutcome.IO_ERROR;
      }
    } catch (RuntimeException | Error e) {
      store.reads.failed(path);
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
   * Finishes an image (header, checksums, padding) and publishes it, unless it is there. The image
   * is the write's until {@link PendingIo#released}; a write that hung may still publish it.
   *
   * @param image the slot, its parts filled: position 0, as long as the image, little-endian
   * @return {@link StoreOutcome#WRITTEN}, {@link StoreOutcome#ALREADY_PRESENT}, or why not
   */
  public PendingIo<StoreOutcome> write(StoredChunk chunk, int group, ByteBuffer image) {
    if (store.writes.isShut()) {
      return PendingIo.ended(store.counters.declined(StoreOutcome.TIER_DOWN));
    }
    long bytes = image.capacity();
    if (!store.backlog.admits(bytes)) {
      return PendingIo.ended(store.counters.declined(StoreOutcome.QUEUE_FULL));
    }
    return store
        .pool
        .submit(Lane.WRITE, bytes, new Write(chunk, group, image))
        .observed(outcome -> ended(bytes, outcome));
  }

  private void ended(long bytes, StoreOutcome outcome) {
    store.backlog.ended(bytes);
    if (outcome != StoreOutcome.WRITTEN && outcome != StoreOutcome.ALREADY_PRESENT) {
      store.counters.declined(outcome);
    }
  }

  private final class Write extends Guarded<StoreOutcome> {
    private final StoredChunk chunk;
    private final int group;
    private final ByteBuffer image;

    Write(StoredChunk chunk, int group, ByteBuffer image) {
      super(store.writes, StoreOutcome.TIER_DOWN, StoreOutcome.TIMED_OUT, StoreOutcome.CANCELLED);
      this.chunk = chunk;
      this.group = group;
      this.image = image;
    }

    @Override
    StoreOutcome run() {
      if (store.quarantine.contains(path(chunk, group))) {
        return ifHung;
      }
      if (!store.writes.enter()) {
        return ifDown;
      }
      StoreOutcome outcome = writeNow(chunk, group, image);
      switch (outcome) {
        // A full disk has answered, and SpaceGuard leaves it alone.
        case WRITTEN -> worked(store.writes);
        case IO_ERROR, READ_ONLY -> store.writes.failed(path(chunk, group));
        default -> store.writes.undecided();
      }
      return outcome;
    }

    @Override
    void hung(ImagePath file) {
      store.backlog.took(store.pool.limits().timeoutNanos());
      super.hung(file);
    }
  }

  private StoreOutcome writeNow(StoredChunk chunk, int group, ByteBuffer image) {
    try {
      ImagePath path = path(chunk, group);
      store.pool.on(path);
      if (holds(path)) {
        return StoreOutcome.ALREADY_PRESENT;
      }
      if (!store.admits(image.capacity())) {
        return StoreOutcome.NO_SPACE;
      }
      return publishAdmitted(path, chunk, image);
    } catch (RuntimeException | Error e) {
      log.warn("{}: writing failed in an unforeseen way", namespace, e);
      return StoreOutcome.IO_ERROR;
    }
  }

  /** Publishes an image for which the budget has been charged: what is not written is paid back. */
  private StoreOutcome publishAdmitted(ImagePath path, StoredChunk chunk, ByteBuffer image) {
    boolean written = false;
    try {
      long start = System.nanoTime();
      StoreOutcome outcome = publish(path, chunk, image);
      written = outcome == StoreOutcome.WRITTEN;
      if (written) {
        store.counters.writes.increment();
        store.counters.bytesWritten.add(image.capacity());
        long nanos = System.nanoTime() - start + store.pool.helpedNanos();
        store.counters.writeNanos.add(nanos);
        store.backlog.took(nanos);
        store.space.succeeded();
        store.seen.add(path, System.nanoTime());
        store.stamped.add(path, System.nanoTime());
      }
      return outcome;
    } finally {
      if (written) {
        store.written(image.capacity());
      } else {
        store.refund(image.capacity());
      }
    }
  }

  private StoreOutcome publish(ImagePath path, StoredChunk chunk, ByteBuffer image) {
    Path temporary = path.temporary(store.ownerToken);
    // Our own token: another thread of this process may write the same image right now, one that
    // hangs and was abandoned perhaps, and then from this very buffer: not a byte may change.
    if (!store.writing.add(temporary)) {
      return StoreOutcome.IN_FLIGHT;
    }
    try {
      namespace.image(path.group()).seal(image, namespace, chunk, System.currentTimeMillis());
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
      store.io.write(temporary, image, store.pool.pieces());
    } catch (ChunkIoException e) {
      switch (e.fault()) {
        case MISSING -> {
          store.mount.requireSame();
          store.io.createDirectories(path.directory(), namespace.largestImageBytes());
          publishConfig();
        }
        // Nobody is writing it: an earlier failure left it, and it could not be removed then.
        case EXISTS -> store.io.delete(temporary);
        default -> throw e;
      }
      store.io.write(temporary, image, store.pool.pieces());
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
    Path config = directory.resolve(ConfigFile.NAME);
    // One thread at a time: they would share the temporary name.
    if (!store.writing.add(config)) {
      return;
    }
    try {
      if (!store.io.exists(config)) {
        store.io.createDirectories(directory, 0);
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
    for (int from = 0; from < images.size(); from += STAMPS_AT_ONCE) {
      int to = Math.min(images.size(), from + STAMPS_AT_ONCE);
      List<Stamp> some = List.copyOf(images.subList(from, to));
      if (!store.pool.background(new Stamps(some))) {
        some.forEach(image -> image.ifFailed().run());
      }
    }
  }

  /** A few stamps in their order: few enough that one call does not keep a thread for long. */
  private final class Stamps extends Guarded<Boolean> {
    private final List<Stamp> images;

    Stamps(List<Stamp> images) {
      super(store.lookups, false, false, false);
      this.images = images;
    }

    @Override
    Boolean run() {
      images.forEach(ChunkDirectory.this::stampNow);
      return true;
    }
  }

  private void stampNow(Stamp image) {
    ImagePath path = path(image.chunk(), image.group());
    long now = System.nanoTime();
    if (store.stamped.contains(path, now)) {
      return;
    }
    if (store.lookups.isShut() || store.quarantine.contains(path) || !store.pool.inTime()) {
      store.counters.stampErrors.increment();
      image.ifFailed().run();
      return;
    }
    store.pool.on(path);
    try {
      store.io.touch(path.published());
      store.stamped.add(path, now);
      store.counters.stamps.increment();
    } catch (ChunkIoException e) {
      store.counters.stampErrors.increment();
      if (e.fault() == IoFault.MISSING) {
        store.seen.remove(path);
        image.ifGone().run();
      } else {
        image.ifFailed().run();
      }
    }
  }

  /**
   * One image that was used.
   *
   * @param chunk which chunk
   * @param group which of its images
   * @param ifGone called on an I/O thread if there is no such file
   * @param ifFailed called if it could not be stamped now, on whatever thread
   */
  public record Stamp(StoredChunk chunk, int group, Runnable ifGone, Runnable ifFailed) {}

  private ImagePath path(StoredChunk chunk, int group) {
    return new ImagePath(images, chunk.key(), chunk.index(), group);
  }
}
