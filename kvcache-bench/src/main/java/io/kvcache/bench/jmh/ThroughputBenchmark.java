package io.kvcache.bench.jmh;

import io.kvcache.Tier;
import io.kvcache.bench.ttft.ScaledRun;
import io.kvcache.bench.ttft.Served;
import io.kvcache.bench.ttft.TierMix;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * Prompts per second of one instance of a model, up to their first tokens: clients, each with one
 * request after the other, share a cache, the link and the accelerators. An operation is a round in
 * which each client serves two; {@code promptTokens} is what all had per second.
 *
 * <p>Keys, acquire and restore are measured, with bytes per token divided by k, on as many threads
 * as clients. Prefills are modelled, one after the other, since one alone keeps the accelerators
 * busy. They are slept through in real time, k does not change them, with the accelerators' lock
 * held: whether restores of some overlap prefills of others is the question, and with a virtual
 * clock restores would meet that here have time between them. Decoding is left out.
 *
 * <p>DRAM has room for {@code dramPercent} of the reused chunks of all prompts, which come in
 * random order: {@code fileTokens} over {@code restoredTokens} says what really came from files.
 *
 * <pre>{@code
 * java -cp kvcache-bench/target/kvcache-bench.jar org.openjdk.jmh.Main ThroughputBenchmark \
 *     -p directory=/mnt/disk -rf json -rff throughput.json
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 1, time = 2)
@Measurement(iterations = 3, time = 5)
@Fork(value = 1, jvmArgsAppend = "-XX:MaxDirectMemorySize=10g")
public class ThroughputBenchmark extends ScenarioBenchmark {
  private static final int REQUESTS_EACH = 2;

  /** Percent of each prompt that was seen before. */
  @Param({"0", "50", "95", "99"})
  public int reuse;

  /** Percent of that which DRAM has room for. */
  @Param({"1", "50", "100"})
  public int dramPercent;

  /** Prompts. */
  @Param({"8"})
  public int prompts;

  /** Clients. */
  @Param({"1", "4", "8"})
  public int concurrency;

  private final Lock accelerators = new ReentrantLock(true);
  private ScaledRun.SharedCache cache;
  private List<ScaledRun.SharedCache.Client> clients;
  private ExecutorService threads;
  private Random random;

  /** JMH makes rates of them. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Done {
    /** Prompts. */
    public long requests;

    /** Tokens of those. */
    public long promptTokens;

    /** Tokens of those that were restored. */
    public long restoredTokens;

    /** Tokens of those that came from files. */
    public long fileTokens;

    /** Begins an iteration. */
    @Setup(Level.Iteration)
    public void reset() {
      requests = 0;
      promptTokens = 0;
      restoredTokens = 0;
      fileTokens = 0;
    }

    private void add(Served served, int tokens) {
      requests++;
      promptTokens += tokens;
      restoredTokens += served.tokens();
      fileTokens += served.tokensByTier().getOrDefault(Tier.STORE, 0);
    }
  }

  /** Stores the prompts. */
  @Setup
  public void open() throws IOException {
    openRun(TierMix.parse("file"), reuse, prompts, concurrency, dramPercent);
    try {
      cache = run.share(prompts, dramPercent, reuse);
      clients = new ArrayList<>();
      for (int i = 0; i < concurrency; i++) {
        clients.add(cache.client());
      }
      threads = Executors.newFixedThreadPool(concurrency);
      random = new Random(concurrency);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Removes everything. */
  @TearDown
  public void close() throws IOException {
    try {
      if (threads != null) {
        threads.shutdown();
      }
      if (cache != null) {
        cache.close();
      }
    } finally {
      closeRun();
    }
  }

  /** Two requests of each client. */
  @Benchmark
  public void serve(Done done) throws InterruptedException, ExecutionException {
    List<Future<List<Served>>> ends = new ArrayList<>();
    for (ScaledRun.SharedCache.Client client : clients) {
      int[] numbers = random.ints(REQUESTS_EACH, 0, prompts).toArray();
      ends.add(threads.submit(() -> serve(client, numbers)));
    }
    for (Future<List<Served>> end : ends) {
      end.get().forEach(served -> done.add(served, promptTokens));
    }
  }

  private List<Served> serve(ScaledRun.SharedCache.Client client, int[] numbers)
      throws InterruptedException {
    List<Served> all = new ArrayList<>();
    for (int number : numbers) {
      Served served = client.serve(number);
      all.add(served);
      accelerators.lockInterruptibly();
      try {
        TimeUnit.NANOSECONDS.sleep(Math.round(served.prefillSeconds() * 1e9));
      } finally {
        accelerators.unlock();
      }
    }
    return all;
  }
}
