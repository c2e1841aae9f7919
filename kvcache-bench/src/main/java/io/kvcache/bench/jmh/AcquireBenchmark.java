package io.kvcache.bench.jmh;

import io.kvcache.ElementType;
import io.kvcache.KvCache;
import io.kvcache.KvLayout;
import io.kvcache.ModelFingerprint;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import io.kvcache.bench.io.TemporaryFolder;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Path;
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
 * What finding a prompt costs when every chunk of it is in memory: 50,000 tokens, ids uniform below
 * 128,000, 195 chunks of 256 tokens. Few bytes per token, since acquiring moves none. The yardstick
 * is the hash chain, which every prompt has to pay; {@code -prof gc} shows the heap that a lease
 * allocates ({@code acquire}, {@code gc.alloc.rate.norm}).
 *
 * <pre>{@code
 * java -cp kvcache-bench/target/kvcache-bench.jar org.openjdk.jmh.Main AcquireBenchmark \
 *     -prof gc -rf json -rff acquire.json
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Fork(3)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class AcquireBenchmark {
  private int length = 50_000;

  /** Whether there is a directory behind the memory: its stamps have to be looked at then. */
  @Param({"none", "directory"})
  private String store;

  private TemporaryFolder folder;
  private DirectoryStore files;
  private KvCache cache;
  private int[] tokens;
  private PromptKeys keys;

  /** The same by hand, in memory alone, for a prompt of that many tokens: prepare, time, remove. */
  public static AcquireBenchmark ofTokens(int length) {
    AcquireBenchmark benchmark = new AcquireBenchmark();
    benchmark.length = length;
    benchmark.store = "none";
    return benchmark;
  }

  /** Stores the prompt. */
  @Setup
  public void prepare() throws IOException {
    var builder =
        KvCache.builder()
            .model(ModelFingerprint.of("acquire", "0".repeat(64), "0".repeat(64)))
            .layout(KvLayout.attention(1, 1, 8, ElementType.BF16))
            .dram(64L << 20);
    if (store.equals("directory")) {
      folder = TemporaryFolder.in(Path.of(System.getProperty("java.io.tmpdir")));
      files = DirectoryStore.open(folder.path());
      builder.store(files);
    }
    cache = builder.build();
    tokens = new Random(17).ints(length, 0, 128_000).toArray();
    keys = cache.keys(tokens);
    cache.store(keys, length, (layer, part, from, count, rows) -> true).persisted().join();
    try (PrefixLease lease = cache.acquire(keys)) {
      if (lease.chunks() != keys.chunks()) {
        throw new IllegalStateException("only " + lease.chunks() + " chunks: " + cache.stats());
      }
    }
  }

  /** Removes the files. */
  @TearDown
  public void remove() throws IOException {
    cache.close();
    if (files != null) {
      files.close();
      folder.close();
    }
  }

  /** The yardstick: the keys alone. */
  @Benchmark
  public PromptKeys hash() {
    return cache.keys(tokens);
  }

  /** What a request pays before it restores. */
  @Benchmark
  public int hashAndAcquire() {
    try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
      return lease.tokens();
    }
  }

  /** Without the keys, as for a conversation whose keys are appended to. */
  @Benchmark
  public int acquire() {
    try (PrefixLease lease = cache.acquire(keys)) {
      return lease.tokens();
    }
  }
}
