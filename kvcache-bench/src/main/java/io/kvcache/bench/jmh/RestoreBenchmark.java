package io.kvcache.bench.jmh;

import io.kvcache.ElementType;
import io.kvcache.KvCache;
import io.kvcache.KvLayout;
import io.kvcache.KvSink;
import io.kvcache.ModelFingerprint;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What restoring from memory costs, next to copying the same bytes: 64 chunks of 4 MiB (a model of
 * 8 billion parameters on one of 8 ranks: 32 layers, K and V of 256 bytes per token), 256 MiB, more
 * than a processor caches. The engine keeps one array per layer and part, outside the heap, so each
 * of the 4,096 parts of 64 KiB has a place of its own.
 *
 * <p>{@code putParts} copies the same pieces to the same places, from a buffer that holds them in
 * the order in which they are delivered. {@code putChunks} copies 4 MiB at a time from front to
 * back, the most that {@link ByteBuffer#put} does. {@code views} hands out the chunks in place and
 * copies nothing.
 *
 * <pre>{@code
 * java -cp kvcache-bench/target/kvcache-bench.jar org.openjdk.jmh.Main RestoreBenchmark \
 *     -rf json -rff restore.json
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@State(Scope.Benchmark)
@Fork(value = 3, jvmArgsAppend = "-XX:MaxDirectMemorySize=2g")
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 2)
public class RestoreBenchmark {
  private static final int CHUNKS = 64;
  private static final int CHUNK_BYTES = 4 << 20;
  private static final int LAYERS = 32;
  private static final int PARTS = 2;
  private static final int ROW_BYTES = 256;
  private static final int PART_BYTES = KvLayout.DEFAULT_CHUNK_TOKENS * ROW_BYTES;
  private static final int TOKENS = CHUNKS * KvLayout.DEFAULT_CHUNK_TOKENS;

  private final ByteBuffer from = ByteBuffer.allocateDirect(CHUNKS * CHUNK_BYTES);
  private final ByteBuffer engine = ByteBuffer.allocateDirect(CHUNKS * CHUNK_BYTES);
  private final KvSink sink =
      (layer, part, token, count, rows) ->
          engine.put(place(layer, part, token), rows, 0, rows.remaining());
  private KvCache cache;
  private PromptKeys keys;

  private static int place(int layer, int part, int token) {
    return ((layer * PARTS + part) * TOKENS + token) * ROW_BYTES;
  }

  /** Stores the prompt, and touches all memory. */
  @Setup
  public void prepare() {
    cache =
        KvCache.builder()
            .model(ModelFingerprint.of("restore", "0".repeat(64), "0".repeat(64)))
            .layout(KvLayout.attention(LAYERS, 1, 128, ElementType.BF16))
            .dram(CHUNKS * (CHUNK_BYTES + 4096L))
            .build();
    Random random = new Random(23);
    keys = cache.keys(random.ints(TOKENS + 1, 0, 128_000).toArray());
    while (from.hasRemaining()) {
      from.putLong(random.nextLong());
    }
    cache.store(
        keys,
        TOKENS,
        (layer, part, token, count, rows) -> {
          rows.put(0, from, place(layer, part, token), rows.remaining());
          return true;
        });
    if (restore() != TOKENS || !engine.equals(from.rewind())) {
      throw new IllegalStateException("not what was stored came back: " + cache.stats());
    }
  }

  /** Frees the memory. */
  @TearDown
  public void close() {
    cache.close();
  }

  /** Acquire, restore, close. */
  @Benchmark
  public int restore() {
    try (PrefixLease lease = cache.acquire(keys)) {
      return lease.restore(sink);
    }
  }

  /** The yardstick: the same pieces to the same places. */
  @Benchmark
  public ByteBuffer putParts() {
    int at = 0;
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
      for (int layer = 0; layer < LAYERS; layer++) {
        for (int part = 0; part < PARTS; part++) {
          int token = chunk * KvLayout.DEFAULT_CHUNK_TOKENS;
          engine.put(place(layer, part, token), from, at, PART_BYTES);
          at += PART_BYTES;
        }
      }
    }
    return engine;
  }

  /** The same bytes in the largest pieces. */
  @Benchmark
  public ByteBuffer putChunks() {
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
      engine.put(chunk * CHUNK_BYTES, from, chunk * CHUNK_BYTES, CHUNK_BYTES);
    }
    return engine;
  }

  /** The chunks in place: every part's rows, none copied. */
  @Benchmark
  public long views() {
    long bytes = 0;
    try (PrefixLease lease = cache.acquire(keys)) {
      for (int chunk = 0; chunk < lease.chunks(); chunk++) {
        var view = lease.chunk(chunk);
        for (int layer = 0; layer < LAYERS; layer++) {
          for (int part = 0; part < PARTS; part++) {
            bytes += view.rows(layer, part).remaining();
          }
        }
      }
    }
    return bytes;
  }
}
