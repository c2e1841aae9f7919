package io.kvcache.bench.jmh;

import io.kvcache.ElementType;
import io.kvcache.KvCache;
import io.kvcache.KvCacheBuilder;
import io.kvcache.KvLayout;
import io.kvcache.KvSink;
import io.kvcache.KvSource;
import io.kvcache.ModelFingerprint;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import io.kvcache.StoreReport;
import io.kvcache.lustre.HugePages;
import io.kvcache.lustre.LargeMemory;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the kind of a tier's memory changes: 64 chunks of 4 MiB, 256 MiB, as in {@link
 * RestoreBenchmark}.
 *
 * <p>{@code firstFill} stores a prompt into a new cache: memory is got, faulted in and copied into,
 * and given back when the cache is closed, which is part of it. {@code fillAgain} stores into
 * memory that is there: another prompt each time, in the place of the one before. {@code restore}
 * copies one to the engine.
 *
 * <pre>{@code
 * java -cp kvcache-bench/target/kvcache-bench.jar org.openjdk.jmh.Main HostMemoryBenchmark
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@State(Scope.Benchmark)
@Fork(value = 2, jvmArgsAppend = "-XX:MaxDirectMemorySize=2g")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 2)
public class HostMemoryBenchmark {
  private static final int CHUNKS = 64;
  private static final int CHUNK_BYTES = 4 << 20;
  private static final int LAYERS = 32;
  private static final int PARTS = 2;
  private static final int ROW_BYTES = 256;
  private static final int TOKENS = CHUNKS * KvLayout.DEFAULT_CHUNK_TOKENS;

  /** Where the tier's memory comes from. */
  public enum Memory {
    /** The JVM's direct memory. */
    JVM,
    /** Mapped in small pages. */
    SMALL_PAGES,
    /** Mapped in transparent huge pages. */
    HUGE_PAGES,
    /** The same, faulted in as it is written to. */
    HUGE_PAGES_ON_DEMAND
  }

  /** Which is measured. */
  @Param public Memory memory;

  private final ByteBuffer engine = ByteBuffer.allocateDirect(CHUNKS * CHUNK_BYTES);
  private final KvSource source =
      (layer, part, token, count, rows) -> {
        rows.put(0, engine, place(layer, part, token), rows.remaining());
        return true;
      };
  private final KvSink sink =
      (layer, part, token, count, rows) ->
          engine.put(place(layer, part, token), rows, 0, rows.remaining());
  private final Random random = new Random(29);
  private KvCache cache;
  private PromptKeys restored;

  private static int place(int layer, int part, int token) {
    return ((layer * PARTS + part) * TOKENS + token) * ROW_BYTES;
  }

  private KvCache newCache() {
    KvCacheBuilder settings =
        KvCache.builder()
            .model(ModelFingerprint.of("memory", "0".repeat(64), "0".repeat(64)))
            .layout(KvLayout.attention(LAYERS, 1, 128, ElementType.BF16))
            .dram(CHUNKS * (CHUNK_BYTES + 4096L));
    return switch (memory) {
      case JVM -> settings.build();
      case SMALL_PAGES -> settings.hostMemory(large(HugePages.NONE, true)).build();
      case HUGE_PAGES -> settings.hostMemory(large(HugePages.AUTO, true)).build();
      case HUGE_PAGES_ON_DEMAND -> settings.hostMemory(large(HugePages.AUTO, false)).build();
    };
  }

  private static LargeMemory large(HugePages pages, boolean prefault) {
    return LargeMemory.builder().hugePages(pages).prefault(prefault).open();
  }

  private PromptKeys prompt() {
    return cache.keys(random.ints(TOKENS + 1, 0, 128_000).toArray());
  }

  /** Touches all memory of the engine and of a cache. */
  @Setup
  public void prepare() {
    while (engine.hasRemaining()) {
      engine.putLong(random.nextLong());
    }
    cache = newCache();
    restored = prompt();
    cache.store(restored, TOKENS, source);
    if (restore() != TOKENS) {
      throw new IllegalStateException("not what was stored came back: " + cache.stats());
    }
  }

  /** Frees the memory. */
  @TearDown
  public void close() {
    cache.close();
  }

  /** Store into memory that is not there yet, and give it back. */
  @Benchmark
  public StoreReport firstFill() {
    try (KvCache fresh = newCache()) {
      return fresh.store(restored, TOKENS, source);
    }
  }

  /** The yardstick: store into memory that is there. Hashing is part of it. */
  @Benchmark
  public StoreReport fillAgain() {
    restored = prompt();
    return cache.store(restored, TOKENS, source);
  }

  /** Acquire, restore, close. */
  @Benchmark
  public int restore() {
    try (PrefixLease lease = cache.acquire(restored)) {
      return lease.restore(sink);
    }
  }
}
