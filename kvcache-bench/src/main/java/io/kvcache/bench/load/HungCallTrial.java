package io.kvcache.bench.load;

import io.kvcache.ElementType;
import io.kvcache.KvCache;
import io.kvcache.KvCacheBuilder;
import io.kvcache.KvLayout;
import io.kvcache.ModelFingerprint;
import io.kvcache.bench.io.TemporaryFolder;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.NioChunkIo;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What requests feel while reads never return: for a while the reads of one file, or all reads,
 * hang, and then go on. Prints each second's requests, restored bytes and longest request, and the
 * same before, during and after the fault; requests for the file that hangs are told from the
 * others. A request counts in the second in which it ends.
 *
 * <pre>{@code
 * java -XX:MaxDirectMemorySize=2g -cp kvcache-bench/target/kvcache-bench.jar \
 *     io.kvcache.bench.load.HungCallTrial --dir /mnt/disk --hang one --before 10 --during 10 --after 20
 * }</pre>
 */
@Command(name = "HungCallTrial", mixinStandardHelpOptions = true)
public final class HungCallTrial implements Callable<Integer> {
  private static final int VICTIM = 0;

  @Spec private CommandSpec spec;

  @Option(names = "--dir", required = true, description = "A directory on the disk to use.")
  private Path directory;

  @Option(
      names = "--hang",
      defaultValue = "one",
      description = "one: reads of one file; all: all reads. Default ${DEFAULT-VALUE}.")
  private String hang;

  @Option(names = "--threads", defaultValue = "8", description = "Default ${DEFAULT-VALUE}.")
  private int threads;

  @Option(names = "--dram-mib", defaultValue = "64", description = "Default ${DEFAULT-VALUE}.")
  private int dramMib;

  @Option(names = "--times", defaultValue = "4", description = "Set / DRAM; ${DEFAULT-VALUE}.")
  private int times;

  @Option(names = "--prompt-chunks", defaultValue = "4", description = "Default ${DEFAULT-VALUE}.")
  private int promptChunks;

  @Option(names = "--before", defaultValue = "10", description = "Seconds; ${DEFAULT-VALUE}.")
  private int before;

  @Option(names = "--during", defaultValue = "10", description = "Seconds; ${DEFAULT-VALUE}.")
  private int during;

  @Option(names = "--after", defaultValue = "20", description = "Seconds; ${DEFAULT-VALUE}.")
  private int after;

  @Option(
      names = "--deadline-ms",
      defaultValue = "1000",
      description = "Of a lookup, and of a restore; ${DEFAULT-VALUE}.")
  private int deadlineMillis;

  @Option(
      names = "--io-timeout-ms",
      defaultValue = "2000",
      description = "When a call counts as hung; ${DEFAULT-VALUE}.")
  private int ioTimeoutMillis;

  @Option(
      names = "--breaker-window-ms",
      defaultValue = "2000",
      description = "How long a breaker stays open the first time; ${DEFAULT-VALUE}.")
  private int breakerWindowMillis;

  private PrintWriter out;

  private HungCallTrial() {}

  /** Runs the trial, and ends the JVM: 1 if a byte was wrong. */
  public static void main(String[] args) {
    System.exit(run(new PrintWriter(System.out, true), args));
  }

  /** Runs the trial in this JVM. */
  static int run(PrintWriter out, String... args) {
    return Trials.execute(new CommandLine(new HungCallTrial()), out, args);
  }

  private DirectoryStore.Builder storeSettings(Path root, HangingReads reads) {
    return DirectoryStore.builder(root)
        .io(at -> reads.before(NioChunkIo.open(at)))
        .ioTimeout(Duration.ofMillis(ioTimeoutMillis))
        .breakerWindow(Duration.ofMillis(breakerWindowMillis));
  }

  private KvCacheBuilder cacheSettings(KvLayout layout, DirectoryStore store) {
    return KvCache.builder()
        .model(ModelFingerprint.of("hung-call", "0".repeat(64), "0".repeat(64)))
        .layout(layout)
        .dram((long) dramMib << 20)
        .lookupTimeout(Duration.ofMillis(deadlineMillis))
        .restoreTimeout(Duration.ofMillis(deadlineMillis))
        .store(store);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Trials.require(hang.equals("one") || hang.equals("all"), "--hang: one or all");
    Trials.require(before > 0 && during > 0 && after > 0, "phases of 1 second at least");
    out = spec.commandLine().getOut();
    KvLayout layout = KvLayout.attention(8, 1, 128, ElementType.BF16);
    int count = (int) (((long) times * dramMib << 20) / Prompts.imageBytes(layout) / promptChunks);
    Trials.require(count > 1, "the working set is below two prompts: more --dram-mib");
    HangingReads reads = new HangingReads();
    try (TemporaryFolder work = TemporaryFolder.in(directory);
        DirectoryStore store = storeSettings(work.path(), reads).open();
        KvCache cache = cacheSettings(layout, store).build()) {
      Prompts prompts = new Prompts(layout, count, promptChunks);
      Requests requests = new Requests(cache, prompts, true);
      requests.fill();
      String first = cache.keys(prompts.tokens(VICTIM)).chunk(0).hex();
      Predicate<Path> files = file -> hang.equals("all") || file.toString().contains(first);
      return measure(requests, count, reads, files, cache);
    }
  }

  private int measure(
      Requests requests, int count, HangingReads reads, Predicate<Path> files, KvCache cache)
      throws InterruptedException {
    long start = System.nanoTime();
    int seconds = before + during + after;
    Timeline victims = new Timeline(start, seconds);
    Timeline others = new Timeline(start, seconds);
    ScheduledExecutorService fault = Executors.newSingleThreadScheduledExecutor();
    try {
      fault.schedule(() -> reads.hang(files), before, TimeUnit.SECONDS);
      fault.schedule(reads::heal, before + during, TimeUnit.SECONDS);
      Load.run(
          requests,
          threads,
          prompts(count),
          start + seconds * 1_000_000_000L,
          served -> (served.prompt() == VICTIM ? victims : others).accept(served));
    } finally {
      fault.shutdownNow();
      reads.heal();
    }
    for (int s = 0; s < seconds; s++) {
      Timeline.Second second = others.second(s);
      out.printf(
          "%3d s %s: %,6d requests, %,6.0f MB/s, longest %,.0f ms; of the file %,d, %,.0f ms%n",
          s,
          s < before ? "before" : s < before + during ? "fault " : "after ",
          second.requests.sum(),
          second.bytes.sum() / 1e6,
          second.longestMillis(),
          victims.second(s).requests.sum(),
          victims.second(s).longestMillis());
    }
    print("before", victims, others, 0, before);
    print("fault", victims, others, before, before + during);
    print("after", victims, others, before + during, seconds);
    out.printf(
        "reads that hung: %d; shortened leases: %s; %s%n",
        reads.hung(), cache.stats().shortened(), cache.stats().store().orElseThrow().io());
    out.printf(
        "seconds until the others are back to 0.9: %s after it began, %s after it ended%n",
        back(others, before), back(others, before + during));
    long wrong = victims.wrong() + others.wrong();
    out.printf("wrong bytes: %d%n", wrong);
    return wrong == 0 ? 0 : 1;
  }

  private static IntSupplier prompts(int count) {
    ThreadLocal<SplittableRandom> random = ThreadLocal.withInitial(SplittableRandom::new);
    return () -> random.get().nextInt(count);
  }

  private void print(String when, Timeline victims, Timeline others, int from, int to) {
    out.printf(
        "%s: %,.1f requests/s, longest %,.0f ms; of the file %,.1f requests/s, longest %,.0f ms%n",
        when,
        others.requestsPerSecond(from, to),
        others.longestMillis(from, to),
        victims.requestsPerSecond(from, to),
        victims.longestMillis(from, to));
  }

  /**
   * Whole seconds from then on until one has 0.9 of what the seconds before the fault had, and
   * those that fell below it have passed.
   */
  private String back(Timeline others, int from) {
    double enough = 0.9 * others.requestsPerSecond(0, before);
    int s = from;
    while (s < others.seconds() && others.second(s).requests.sum() >= enough) {
      s++;
    }
    if (s == others.seconds()) {
      return "never below";
    }
    while (s < others.seconds() && others.second(s).requests.sum() < enough) {
      s++;
    }
    return s == others.seconds() ? "never" : String.valueOf(s - from);
  }
}
