package io.kvcache.bench.load;

import io.kvcache.ElementType;
import io.kvcache.KvCache;
import io.kvcache.KvLayout;
import io.kvcache.ModelFingerprint;
import io.kvcache.bench.io.TemporaryFolder;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.StoreStats;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Many requests at once over far more than memory holds: images of 4 MiB, a working set of four
 * times DRAM, every byte compared. It alternates with one request at a time, through the same cache
 * over the same files with the same I/O threads, checksums on in both; the ratio of the two is what
 * concurrency costs. Prompts come in turn, so that what is asked for has long left memory and comes
 * from a file. Look at the bytes from files, and at the share of chunks restored: a lease that
 * finds no room is short, and what it holds others may hit. Also says what became of heap, direct
 * memory and resident set.
 *
 * <pre>{@code
 * java -XX:MaxDirectMemorySize=2g -cp kvcache-bench/target/kvcache-bench.jar \
 *     io.kvcache.bench.load.ConcurrentRestoreTrial --dir /mnt/disk --seconds 60
 * }</pre>
 */
@Command(name = "ConcurrentRestoreTrial", mixinStandardHelpOptions = true)
public final class ConcurrentRestoreTrial implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--dir", required = true, description = "A directory on the disk to use.")
  private Path directory;

  @Option(names = "--requests", defaultValue = "32", description = "At once; ${DEFAULT-VALUE}.")
  private int requests;

  @Option(names = "--workers", defaultValue = "32", description = "I/O threads; ${DEFAULT-VALUE}.")
  private int workers;

  @Option(names = "--dram-mib", defaultValue = "512", description = "Default ${DEFAULT-VALUE}.")
  private int dramMib;

  @Option(names = "--times", defaultValue = "4", description = "Set / DRAM; ${DEFAULT-VALUE}.")
  private int times;

  @Option(names = "--prompt-chunks", defaultValue = "16", description = "Default ${DEFAULT-VALUE}.")
  private int promptChunks;

  @Option(names = "--layers", defaultValue = "32", description = "128 KiB each; ${DEFAULT-VALUE}.")
  private int layers;

  @Option(
      names = "--seconds",
      defaultValue = "60",
      description = "With many requests at once; as many with one; default ${DEFAULT-VALUE}.")
  private int seconds;

  @Option(names = "--rounds", defaultValue = "6", description = "Default ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--verify",
      defaultValue = "all",
      description = "all: compare every byte; none: leave that out of the time. Default all.")
  private String verify;

  private final AtomicInteger turn = new AtomicInteger();
  private PrintWriter out;

  private ConcurrentRestoreTrial() {}

  /** Runs the trial, and ends the JVM: 1 if a byte was wrong. */
  public static void main(String[] args) {
    System.exit(run(new PrintWriter(System.out, true), args));
  }

  /** Runs the trial in this JVM. */
  static int run(PrintWriter out, String... args) {
    return Trials.execute(new CommandLine(new ConcurrentRestoreTrial()), out, args);
  }

  /** One kind of round, over all rounds of it. */
  private static final class Side {
    final Totals totals = new Totals();
    final List<Double> restored = new ArrayList<>();
    long fileBytes;
    double seconds;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Trials.require(requests > 0 && rounds > 0 && seconds > 0 && times > 0, "1 at least of each");
    Trials.require(verify.equals("all") || verify.equals("none"), "--verify: all or none");
    out = spec.commandLine().getOut();
    KvLayout layout = KvLayout.attention(layers, 1, 128, ElementType.BF16);
    long image = Prompts.imageBytes(layout);
    long dram = (long) dramMib << 20;
    int count = (int) (times * dram / image / promptChunks);
    Trials.require(count > 0, "the working set is below one prompt: more --dram-mib");
    try (TemporaryFolder work = TemporaryFolder.in(directory);
        DirectoryStore store = DirectoryStore.builder(work.path()).workers(workers).open();
        KvCache cache =
            KvCache.builder()
                .model(ModelFingerprint.of("concurrent", "0".repeat(64), "0".repeat(64)))
                .layout(layout)
                .dram(dram)
                .store(store)
                .build()) {
      out.printf(
          "%s; %d prompts of %d images of %,d bytes, DRAM %,d bytes, %d I/O threads%n",
          store.mode(), count, promptChunks, image, dram, workers);
      Prompts prompts = new Prompts(layout, count, promptChunks);
      Requests load = new Requests(cache, prompts, verify.equals("all"));
      load.fill();
      return measure(store, cache, load, count, dram);
    }
  }

  private int measure(DirectoryStore store, KvCache cache, Requests load, int count, long dram)
      throws InterruptedException {
    Side many = new Side();
    Side one = new Side();
    double roundSeconds = (double) seconds / rounds;
    round(store, load, count, requests, roundSeconds, new Side()); // not counted: code and memory
    long heap = ProcessMemory.heapBytes();
    long resident = ProcessMemory.residentBytes();
    Peak direct = new Peak(ProcessMemory::directBytes);
    try (Peaks watch = new Peaks(direct)) {
      for (int r = 0; r < rounds; r++) {
        if (r % 2 == 0) {
          round(store, load, count, requests, roundSeconds, many);
          round(store, load, count, 1, roundSeconds, one);
        } else {
          round(store, load, count, 1, roundSeconds, one);
          round(store, load, count, requests, roundSeconds, many);
        }
        out.printf(
            "round %d: %d at once %,.0f MB/s, one %,.0f MB/s%n",
            r + 1, requests, many.restored.get(r), one.restored.get(r));
      }
      cache.flush();
      watch.look();
      print(requests + " requests at once", many);
      print("one request at a time", one);
      out.printf(
          "ratio of bytes from files %.3f, of bytes restored %.3f, of the rounds' medians %.3f%n",
          perSecond(many.fileBytes, many) / perSecond(one.fileBytes, one),
          perSecond(many.totals.bytes.sum(), many) / perSecond(one.totals.bytes.sum(), one),
          Trials.median(many.restored) / Trials.median(one.restored));
      out.printf("shortened leases: %s%n", cache.stats().shortened());
      long bound = dram + cache.stats().dram().stagingCapacityBytes();
      out.printf(
          "heap after GC %,d to %,d bytes; direct memory at most %,d of %,d bytes, %.3f; resident"
              + " set %,d to %,d bytes%n",
          heap,
          ProcessMemory.heapBytes(),
          direct.most(),
          bound,
          (double) direct.most() / bound,
          resident,
          ProcessMemory.residentBytes());
    }
    long wrong = many.totals.wrong.sum() + one.totals.wrong.sum();
    out.printf("wrong bytes: %d%n", wrong);
    return wrong == 0 ? 0 : 1;
  }

  private void round(
      DirectoryStore store, Requests load, int count, int threads, double howLong, Side side)
      throws InterruptedException {
    StoreStats before = store.stats();
    long bytes = side.totals.bytes.sum();
    long start = System.nanoTime();
    Load.run(
        load,
        threads,
        () -> Math.floorMod(turn.getAndIncrement(), count),
        start + (long) (howLong * 1e9),
        side.totals);
    double took = (System.nanoTime() - start) / 1e9;
    side.seconds += took;
    side.fileBytes += store.stats().bytesRead() - before.bytesRead();
    side.restored.add((side.totals.bytes.sum() - bytes) / took / 1e6);
  }

  private void print(String what, Side side) {
    Totals totals = side.totals;
    out.printf(
        "%s: %,d in %.1f s, %.1f %% of their chunks restored, %,.0f MB/s (%,.0f MB/s from files);"
            + " comparing took %.0f %% of the requests' time%n",
        what,
        totals.requests.sum(),
        side.seconds,
        100 - 100.0 * totals.stored.sum() / promptChunks / totals.requests.sum(),
        perSecond(totals.bytes.sum(), side),
        perSecond(side.fileBytes, side),
        100.0 * totals.verifyNanos.sum() / totals.nanos.sum());
  }

  private static double perSecond(long bytes, Side side) {
    return bytes / side.seconds / 1e6;
  }
}
