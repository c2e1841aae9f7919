package io.kvcache.bench.jmh;

import io.kvcache.ElementType;
import io.kvcache.KvCache;
import io.kvcache.KvLayout;
import io.kvcache.ModelFingerprint;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * Whether requests get in each other's way: finding and restoring prompts that are in memory, on 1,
 * 2 and 8 threads, each with a prompt of its own of 50,000 tokens (195 chunks; few bytes per token,
 * so that bookkeeping is what is measured). Scores are of all threads together. The yardstick is
 * the hash chain on as many threads, which share nothing there: what {@code hashAndAcquire2} lacks
 * of {@code hash2} is the cache's own cost and its lock.
 *
 * <pre>{@code
 * java -cp kvcache-bench/target/kvcache-bench.jar org.openjdk.jmh.Main ConcurrentAcquireBenchmark \
 *     -rf json -rff concurrent-acquire.json
 * }</pre>
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@State(Scope.Benchmark)
@Fork(3)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class ConcurrentAcquireBenchmark {
  private static final int TOKENS = 50_000;

  private KvCache cache;

  /** Builds a cache with room for everybody's prompt. */
  @Setup
  public void build() {
    cache =
        KvCache.builder()
            .model(ModelFingerprint.of("concurrent", "0".repeat(64), "0".repeat(64)))
            .layout(KvLayout.attention(1, 1, 8, ElementType.BF16))
            .dram(256L << 20)
            .build();
  }

  /** Frees the memory. */
  @TearDown
  public void close() {
    cache.close();
  }

  /** A thread's own prompt, stored. */
  @State(Scope.Thread)
  public static class Request {
    private int[] tokens;
    private PromptKeys keys;
    private long bytes;

    /** Stores it. */
    @Setup(Level.Trial)
    public void store(ConcurrentAcquireBenchmark shared, ThreadParams thread) {
      tokens = new Random(thread.getThreadIndex()).ints(TOKENS, 0, 128_000).toArray();
      keys = shared.cache.keys(tokens);
      shared.cache.store(keys, TOKENS, (layer, part, from, count, rows) -> true);
      try (PrefixLease lease = shared.cache.acquire(keys)) {
        if (lease.chunks() != keys.chunks()) {
          throw new IllegalStateException(
              "only " + lease.chunks() + " chunks: " + shared.cache.stats());
        }
      }
    }
  }

  private PromptKeys hash(Request request) {
    return cache.keys(request.tokens);
  }

  private int hashAndAcquire(Request request) {
    try (PrefixLease lease = cache.acquire(cache.keys(request.tokens))) {
      return lease.tokens();
    }
  }

  private int acquire(Request request) {
    try (PrefixLease lease = cache.acquire(request.keys)) {
      return lease.tokens();
    }
  }

  private int restore(Request request) {
    try (PrefixLease lease = cache.acquire(request.keys)) {
      return lease.restore((layer, part, from, count, rows) -> request.bytes += rows.remaining());
    }
  }

  /** One hash chain. */
  @Benchmark
  @Threads(1)
  public PromptKeys hash1(Request request) {
    return hash(request);
  }

  /** The yardstick: two hash chains that share nothing. */
  @Benchmark
  @Threads(2)
  public PromptKeys hash2(Request request) {
    return hash(request);
  }

  /** Eight of them. */
  @Benchmark
  @Threads(8)
  public PromptKeys hash8(Request request) {
    return hash(request);
  }

  /** What a request pays before it restores. */
  @Benchmark
  @Threads(1)
  public int hashAndAcquire1(Request request) {
    return hashAndAcquire(request);
  }

  /** Two of them. */
  @Benchmark
  @Threads(2)
  public int hashAndAcquire2(Request request) {
    return hashAndAcquire(request);
  }

  /** Eight of them. */
  @Benchmark
  @Threads(8)
  public int hashAndAcquire8(Request request) {
    return hashAndAcquire(request);
  }

  /** Acquire alone: nothing but the lock and what is done under it. */
  @Benchmark
  @Threads(1)
  public int acquire1(Request request) {
    return acquire(request);
  }

  /** Two of them. */
  @Benchmark
  @Threads(2)
  public int acquire2(Request request) {
    return acquire(request);
  }

  /** Eight of them. */
  @Benchmark
  @Threads(8)
  public int acquire8(Request request) {
    return acquire(request);
  }

  /** Acquire and restore; the engine copies nothing. */
  @Benchmark
  @Threads(1)
  public int restore1(Request request) {
    return restore(request);
  }

  /** Two of them. */
  @Benchmark
  @Threads(2)
  public int restore2(Request request) {
    return restore(request);
  }

  /** Eight of them. */
  @Benchmark
  @Threads(8)
  public int restore8(Request request) {
    return restore(request);
  }
}
