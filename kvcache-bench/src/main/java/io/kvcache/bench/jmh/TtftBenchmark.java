package io.kvcache.bench.jmh;

import io.kvcache.bench.ttft.ScaledRun;
import io.kvcache.bench.ttft.Served;
import io.kvcache.bench.ttft.TierMix;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
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
 * A request up to its first token. The score is what is measured: keys, acquire and restore, with
 * bytes per token divided by k. The prefill is modelled and not waited for: the counters {@code
 * measuredMicros} and {@code prefillMicros}, both over {@code requests}, make up the time to first
 * token. k is {@code scenarioGbPerS} over {@code directoryGbPerS}, and printed; where the latter is
 * not said it is measured, as the {@code ttft} command does.
 *
 * <pre>{@code
 * java -cp kvcache-bench/target/kvcache-bench.jar org.openjdk.jmh.Main TtftBenchmark \
 *     -p directory=/mnt/disk -rf json -rff ttft.json
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(value = 1, jvmArgsAppend = "-XX:MaxDirectMemorySize=10g")
public class TtftBenchmark extends ScenarioBenchmark {
  /** Percent of the prompt that was seen before. */
  @Param({"0", "50", "95", "99"})
  public int reuse;

  /** Where that is. */
  @Param({"file", "dram:50+file:50", "dram", "hbm"})
  public String tiers;

  private TierMix mix;
  private ScaledRun.Prepared request;

  /** What the score is made of, and what comes on top; sums over an iteration. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Parts {
    /** Requests. */
    public long requests;

    /** Measured. */
    public long measuredMicros;

    /** Modelled. */
    public long prefillMicros;

    /** Begins an iteration. */
    @Setup(Level.Iteration)
    public void reset() {
      requests = 0;
      measuredMicros = 0;
      prefillMicros = 0;
    }

    private void add(Served served) {
      requests++;
      measuredMicros += Math.round(served.measuredSeconds() * 1e6);
      prefillMicros += Math.round(served.prefillSeconds() * 1e6);
    }
  }

  /** Stores the prompt. */
  @Setup
  public void open() throws IOException {
    mix = TierMix.parse(tiers);
    if (mix.none()) {
      throw new IllegalArgumentException(
          "tiers=none: nothing is measured without a cache; hbm, dram, file or a mixture");
    }
    openRun(mix, reuse, 1, 1, 100);
  }

  /** Removes everything. */
  @TearDown
  public void close() throws IOException {
    closeRun();
  }

  /** A new cache that holds what it is to hold. */
  @Setup(Level.Invocation)
  public void prepare() throws IOException {
    holdAtJvmsEnd();
    request = run.prepare(mix, reuse);
  }

  /** It holds more afterwards. */
  @TearDown(Level.Invocation)
  public void drop() {
    request.close();
  }

  /** Keys, acquire, restore. */
  @Benchmark
  public int restore(Parts parts) {
    Served served = request.serve();
    parts.add(served);
    return served.tokens();
  }
}
