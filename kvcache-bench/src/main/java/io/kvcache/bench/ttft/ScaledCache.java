package io.kvcache.bench.ttft;

import io.kvcache.KvCache;
import io.kvcache.KvCacheBuilder;
import io.kvcache.ModelFingerprint;
import io.kvcache.PersistReport;
import io.kvcache.PromptKeys;
import io.kvcache.bench.device.SimulatedDevice;
import io.kvcache.bench.io.IoFailedException;
import io.kvcache.bench.io.PageCache;
import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.io.SlotMemory;
import io.kvcache.bench.io.StoreKind;
import io.kvcache.bench.replay.KeyedBytes;
import io.kvcache.spi.IoMode;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * A scenario's cache, smaller by k: where its files are, and how a cache over them is opened. Every
 * cache is a new one that holds nothing, over memory that was used before. For one thread; the
 * caches it opens are for any number.
 */
final class ScaledCache implements AutoCloseable {
  /** As long as the slowest disk may take: nothing is given up here. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final Path directory;
  private final StoreKind kind;
  private final int workers;
  private final ScaledLayout layout;
  private final UsedMemory memory;
  private IoMode mode;

  /**
   * @param directory exists, and is empty
   * @param workers I/O threads
   */
  ScaledCache(Path directory, StoreKind kind, int workers, ScaledLayout layout, SlotMemory memory) {
    this.directory = directory;
    this.kind = kind;
    this.workers = workers;
    this.layout = layout;
    this.memory = new UsedMemory(memory.open());
  }

  /** A cache and its store. */
  record Opened(KvCache cache, DirectoryStore store) implements AutoCloseable {
    /** Stores a whole prompt, with bytes that follow from its keys, and waits for its files. */
    void store(int[] prompt, RunWatch watch) {
      PromptKeys keys = cache.keys(prompt);
      PersistReport written =
          cache
              .store(
                  keys,
                  keys.tokens(),
                  (layer, part, from, count, rows) -> {
                    if (!watch.goOn(from / count)) {
                      throw new CancellationException("ended while the prompt was stored");
                    }
                    KeyedBytes.fill(keys.chunk(from / count), place(layer, part), rows);
                    return true;
                  })
              .persisted()
              .join();
      if (!written.complete()) {
        throw new IoFailedException("not everything was written: " + written.images());
      }
    }

    @Override
    public void close() {
      cache.close();
      store.close();
    }
  }

  /**
   * Opens a cache.
   *
   * @param dramChunks chunks that DRAM has room for
   * @param device whose memory has room for {@code hbmChunks}; unused if that is 0
   * @throws IllegalArgumentException if there is no memory for it
   */
  Opened open(int dramChunks, SimulatedDevice device, int hbmChunks) {
    DirectoryStore store =
        kind.builder(directory)
            .workers(workers)
            .freeSpaceFloor(0)
            .maxQueuedBytes(Long.MAX_VALUE)
            .maxQueuedTime(PATIENCE)
            .ioTimeout(PATIENCE)
            .open();
    mode = store.mode();
    try {
      KvCacheBuilder builder =
          KvCache.builder()
              .model(ModelFingerprint.of("ttft", "0".repeat(64), "0".repeat(64)))
              .layout(layout.layout())
              .hostMemory(memory)
              .dram(Math.max(1, dramChunks) * layout.chunkBytes())
              .lookupTimeout(PATIENCE)
              .restoreTimeout(PATIENCE)
              .store(store);
      if (hbmChunks > 0) {
        builder.hbm(device, hbmChunks * layout.chunkBytes());
      }
      return new Opened(builder.build(), store);
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  /** Tells a chunk's rows apart. */
  static long place(int layer, int part) {
    return (long) layer << Integer.SIZE | part;
  }

  /** How bytes reach the disk; once a cache was opened. */
  IoMode mode() {
    return mode;
  }

  /**
   * Makes the files cold where reads are not direct.
   *
   * @return why that cannot be done
   */
  Optional<String> makeCold() throws IOException {
    return PageCache.makeCold(directory, mode.direct());
  }

  /** Frees the memory; all caches are closed. */
  @Override
  public void close() {
    memory.close();
  }
}
