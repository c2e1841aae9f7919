package io.kvcache.bench.load;

import io.kvcache.KvCache;
import io.kvcache.KvSink;
import io.kvcache.PersistReport;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import io.kvcache.bench.replay.KeyedBytes;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * Requests as an engine makes them: keys, acquire, restore, and a store of what was missing, whose
 * bytes follow from the chunk's key. For any number of threads.
 */
final class Requests {
  private final KvCache cache;
  private final Prompts prompts;
  private final boolean verify;

  /**
   * @param verify whether every byte that comes back is compared; if not, none is looked at
   */
  Requests(KvCache cache, Prompts prompts, boolean verify) {
    this.cache = cache;
    this.prompts = prompts;
    this.verify = verify;
  }

  /**
   * What became of one request.
   *
   * @param prompt which prompt it was for
   * @param startNanos when it began, by {@link System#nanoTime}
   * @param endNanos when it ended
   * @param bytes bytes that were restored
   * @param wrong bytes of those that were wrong
   * @param verifyNanos time of the whole that comparing took
   * @param stored chunks that were offered since they were missing
   */
  record Served(
      int prompt,
      long startNanos,
      long endNanos,
      long bytes,
      long wrong,
      long verifyNanos,
      int stored) {}

  /** Serves one request. */
  Served serve(int prompt) {
    long start = System.nanoTime();
    PromptKeys keys = cache.keys(prompts.tokens(prompt));
    Sink sink = new Sink(keys);
    int restored;
    try (PrefixLease lease = cache.acquire(keys)) {
      restored = lease.restore(sink) / keys.chunkTokens();
    }
    int missing = keys.chunks() - restored;
    if (missing > 0) {
      store(keys);
    }
    return new Served(
        prompt, start, System.nanoTime(), sink.bytes, sink.wrong, sink.verifyNanos, missing);
  }

  /** Stores every prompt that is not there, and waits until all are in the store. */
  void fill() {
    for (int prompt = 0; prompt < prompts.count(); prompt++) {
      PersistReport written = store(cache.keys(prompts.tokens(prompt))).join();
      if (!written.complete()) {
        throw new IllegalStateException("not everything could be written: " + written.images());
      }
    }
  }

  private CompletableFuture<PersistReport> store(PromptKeys keys) {
    return cache
        .store(
            keys,
            keys.tokens(),
            (layer, part, from, count, rows) -> {
              KeyedBytes.fill(keys.chunk(from / count), place(layer, part), rows);
              return true;
            })
        .persisted();
  }

  private static long place(int layer, int part) {
    return (long) layer << Integer.SIZE | part;
  }

  private final class Sink implements KvSink {
    private final PromptKeys keys;
    private long bytes;
    private long wrong;
    private long verifyNanos;

    Sink(PromptKeys keys) {
      this.keys = keys;
    }

    @Override
    public void write(int layer, int part, int from, int count, ByteBuffer rows) {
      bytes += rows.remaining();
      if (verify) {
        long start = System.nanoTime();
        wrong += KeyedBytes.wrong(keys.chunk(from / count), place(layer, part), rows);
        verifyNanos += System.nanoTime() - start;
      }
    }
  }
}
