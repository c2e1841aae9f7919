package io.kvcache.bench.io;

import io.kvcache.KvScope;
import io.kvcache.ModelFingerprint;
import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.prefix.HashChain;
import io.kvcache.prefix.HashedPrompt;
import io.kvcache.spi.IoMode;
import io.kvcache.store.ChunkDirectory;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.Namespace;
import io.kvcache.store.ReadOutcome;
import io.kvcache.store.StoredChunk;
import io.kvcache.store.Urgency;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A store: images sealed with their checksums and published by rename, read into slots and
 * verified. It is opened anew for each pass, which is not counted, so that it remembers nothing.
 */
final class StoreSide implements IoSide {
  /** As long as the slowest disk may take for what is queued: nothing is given up here. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  /** One thread, whatever the number of workers. */
  private static final double LEAST_SHARE = 1e-6;

  private final String name;
  private final Function<Path, DirectoryStore.Builder> stores;
  private final Path directory;
  private final IoShape shape;
  private final Clients clients;
  private final Payload payload;
  private final Namespace namespace;
  private final PromptKeys keys;
  private IoMode mode;
  private Optional<String> warm = Optional.empty();
  private int pass;

  /** A store of that kind, as it comes. */
  StoreSide(StoreKind kind, Path directory, IoShape shape, Clients clients, Payload payload) {
    this(kind.label(), kind::builder, directory, shape, clients, payload);
  }

  /**
   * @param stores opens the store, but for what depends on the shape
   * @param directory made if it does not exist
   * @param clients as many as requests are to be under way, with slots filled from the payload
   */
  StoreSide(
      String name,
      Function<Path, DirectoryStore.Builder> stores,
      Path directory,
      IoShape shape,
      Clients clients,
      Payload payload) {
    this.name = name;
    this.stores = stores;
    this.directory = directory;
    this.shape = shape;
    this.clients = clients;
    this.payload = payload;
    this.namespace =
        new Namespace(
            ModelFingerprint.of("io", "0".repeat(64), "0".repeat(64)),
            shape.layout(),
            HashChain.DEFAULT_SEED,
            0,
            1);
    this.keys =
        HashedPrompt.of(
            shape.layout(),
            HashChain.DEFAULT_SEED,
            new SplittableRandom(1).ints(shape.tokens(), 0, 128_000).toArray(),
            KvScope.NONE);
    open(1).close();
  }

  @Override
  public String name() {
    return name;
  }

  /** How bytes reach the disk. */
  IoMode mode() {
    return mode;
  }

  /** Why the last reads were not cold. */
  Optional<String> warm() {
    return warm;
  }

  /** This side's files, as another kind of store finds them. */
  StoreSide readBy(StoreKind other) {
    StoreSide reader = new StoreSide(other, directory, shape, clients, payload);
    reader.pass = pass;
    return reader;
  }

  @Override
  public void remove() throws IOException {
    if (Files.notExists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> all = files.filter(Files::isRegularFile).toList();
      for (Path file : all) {
        Files.delete(file);
      }
    }
  }

  @Override
  public Measured write(RunWatch watch) throws InterruptedException {
    pass++;
    // The one thread that a store keeps free of writes comes on top.
    try (DirectoryStore store = open(shape.threads() + 1)) {
      ChunkDirectory images = store.directory(namespace);
      return measure(
          (image, slot) -> {
            payload.stamp(slot, pass, image);
            StoreOutcome outcome =
                images.write(StoredChunk.of(keys, image), 0, slot).outcome().join();
            if (outcome != StoreOutcome.WRITTEN) {
              throw new IoFailedException("image " + image + " was not written: " + outcome);
            }
          },
          watch);
    }
  }

  @Override
  public Measured read(RunWatch watch) throws IOException, InterruptedException {
    try (DirectoryStore store = open(shape.threads())) {
      warm = PageCache.makeCold(directory, store.mode().direct());
      ChunkDirectory images = store.directory(namespace);
      return measure((image, slot) -> requireRead(images, image, slot), watch);
    }
  }

  private void requireRead(ChunkDirectory images, int image, ByteBuffer slot) {
    ReadOutcome outcome = readInto(images, image, slot);
    if (outcome != ReadOutcome.OK) {
      throw new IoFailedException("image " + image + " was not read: " + outcome);
    }
  }

  private ReadOutcome readInto(ChunkDirectory images, int image, ByteBuffer slot) {
    return images.read(StoredChunk.of(keys, image), 0, () -> slot, Urgency.DEMAND).outcome().join();
  }

  @Override
  public int verify(RunWatch watch) throws InterruptedException {
    AtomicInteger right = new AtomicInteger();
    try (DirectoryStore store = open(shape.threads())) {
      ChunkDirectory images = store.directory(namespace);
      clients.run(
          shape.images(),
          (image, slot) -> {
            // Not what an earlier read left there: but for the stamps, all images are the same.
            payload.erase(slot);
            if (readInto(images, image, slot) == ReadOutcome.OK
                && payload.isIn(slot, pass, image)) {
              right.incrementAndGet();
            } else {
              payload.fill(slot);
            }
          },
          watch);
    }
    return right.get();
  }

  private DirectoryStore open(int workers) {
    DirectoryStore store =
        stores
            .apply(directory)
            .workers(workers)
            .readShare(LEAST_SHARE)
            .freeSpaceFloor(0)
            .maxReadBytesInFlight(shape.imageBytes() * shape.threads())
            .maxQueuedBytes(shape.imageBytes() * clients.slots().size())
            .maxQueuedTime(PATIENCE)
            .ioTimeout(PATIENCE)
            .open();
    mode = store.mode();
    return store;
  }

  private Measured measure(Clients.Request request, RunWatch watch) throws InterruptedException {
    double cpu = ProcessCpu.seconds();
    long start = System.nanoTime();
    clients.run(shape.images(), request, watch);
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Measured(shape.totalBytes(), seconds, ProcessCpu.seconds() - cpu);
  }
}
