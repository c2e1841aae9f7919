package io.kvcache.bench.load;

import io.kvcache.ElementType;
import io.kvcache.KvCache;
import io.kvcache.KvLayout;
import io.kvcache.ModelFingerprint;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.ToIntFunction;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Whether requests for prompts in memory get in each other's way: two hash chains that share
 * nothing, two threads that hash and acquire, and eight, in turn, in slices of a fraction of a
 * second. Each thread has a prompt of its own of 50,000 tokens. What {@code
 * ConcurrentAcquireBenchmark} measures one after the other, this compares within a second, so that
 * a machine that others use too slows all of them alike; its ratios are the medians over the
 * rounds.
 *
 * <pre>{@code
 * java -cp kvcache-bench/target/kvcache-bench.jar io.kvcache.bench.load.ConcurrentAcquireTrial
 * }</pre>
 */
@Command(name = "ConcurrentAcquireTrial", mixinStandardHelpOptions = true)
public final class ConcurrentAcquireTrial implements Callable<Integer> {
  private static final int TOKENS = 50_000;
  private static final int MOST_THREADS = 8;

  @Spec private CommandSpec spec;

  @Option(names = "--rounds", defaultValue = "40", description = "Default ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(names = "--warmup-rounds", defaultValue = "10", description = "${DEFAULT-VALUE}.")
  private int warmupRounds;

  @Option(names = "--slice-ms", defaultValue = "250", description = "Default ${DEFAULT-VALUE}.")
  private int sliceMillis;

  private final int[][] prompts = new int[MOST_THREADS][];

  private ConcurrentAcquireTrial() {}

  /** Runs the trial, and ends the JVM. */
  public static void main(String[] args) {
    System.exit(run(new PrintWriter(System.out, true), args));
  }

  /** Runs the trial in this JVM. */
  static int run(PrintWriter out, String... args) {
    return Trials.execute(new CommandLine(new ConcurrentAcquireTrial()), out, args);
  }

  @Override
  public Integer call() throws InterruptedException {
    Trials.require(rounds > 0 && warmupRounds >= 0 && sliceMillis > 0, "rounds and slices above 0");
    for (int t = 0; t < MOST_THREADS; t++) {
      prompts[t] = new Random(t).ints(TOKENS, 0, 128_000).toArray();
    }
    try (KvCache cache =
        KvCache.builder()
            .model(ModelFingerprint.of("concurrent", "0".repeat(64), "0".repeat(64)))
            .layout(KvLayout.attention(1, 1, 8, ElementType.BF16))
            .dram(256L << 20)
            .build()) {
      for (int[] prompt : prompts) {
        cache.store(cache.keys(prompt), TOKENS, (layer, part, from, count, rows) -> true);
      }
      measure(
          prompt -> cache.keys(prompt).chunks(),
          prompt -> {
            PromptKeys keys = cache.keys(prompt);
            try (PrefixLease lease = cache.acquire(keys)) {
              return lease.chunks();
            }
          });
    }
    return 0;
  }

  private void measure(ToIntFunction<int[]> hash, ToIntFunction<int[]> acquire)
      throws InterruptedException {
    List<Double> hashes = new ArrayList<>();
    List<Double> two = new ArrayList<>();
    List<Double> eight = new ArrayList<>();
    List<Double> twoToHashes = new ArrayList<>();
    List<Double> eightToTwo = new ArrayList<>();
    for (int round = -warmupRounds; round < rounds; round++) {
      // There and back, so that a machine that grows slower meanwhile favours none.
      double a = perSecond(2, hash);
      double b = perSecond(2, acquire);
      double c = perSecond(8, acquire) + perSecond(8, acquire);
      b += perSecond(2, acquire);
      a += perSecond(2, hash);
      if (round >= 0) {
        hashes.add(a / 2);
        two.add(b / 2);
        eight.add(c / 2);
        twoToHashes.add(b / a);
        eightToTwo.add(c / b);
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf("two hash chains:            %,8.0f per second%n", Trials.median(hashes));
    out.printf("hash and acquire, 2 threads:%,8.0f per second%n", Trials.median(two));
    out.printf("hash and acquire, 8 threads:%,8.0f per second%n", Trials.median(eight));
    out.printf("2 threads / two hash chains: %.3f%n", Trials.median(twoToHashes));
    out.printf("8 threads / 2 threads:       %.3f%n", Trials.median(eightToTwo));
  }

  /** Calls of all threads together in a slice. */
  private double perSecond(int threads, ToIntFunction<int[]> call) throws InterruptedException {
    long start = System.nanoTime();
    long until = start + sliceMillis * 1_000_000L;
    List<Callable<Integer>> workers = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      int[] prompt = prompts[t];
      workers.add(() -> calls(call, prompt, until));
    }
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      int calls = 0;
      for (Future<Integer> worker : pool.invokeAll(workers)) {
        calls += worker.get();
      }
      return calls * 1e9 / (System.nanoTime() - start);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a call failed", e.getCause());
    } finally {
      pool.shutdown();
    }
  }

  private static int calls(ToIntFunction<int[]> call, int[] prompt, long until) {
    int calls = 0;
    while (until - System.nanoTime() > 0) {
      int chunks = call.applyAsInt(prompt);
      if (chunks != TOKENS / KvLayout.DEFAULT_CHUNK_TOKENS) {
        throw new IllegalStateException("only " + chunks + " chunks");
      }
      calls++;
    }
    return calls;
  }
}
