package io.kvcache.bench.load;

import io.kvcache.ElementType;
import io.kvcache.KvCache;
import io.kvcache.KvLayout;
import io.kvcache.ModelFingerprint;
import io.kvcache.bench.io.TemporaryFolder;
import io.kvcache.lustre.LargeMemory;
import io.kvcache.lustre.LustreStore;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.IoStats;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Memory with every queue full: some threads restore prompts that left DRAM long ago, others store
 * prompts that were never seen, faster than the disk takes them, so that DRAM, staging, the reads
 * in flight and the queue of writes reach their bounds together. Native I/O, and slots in mapped
 * memory. Prints the peak of all memory outside the heap next to what was configured, and what the
 * heap and the resident set did meanwhile; 1 if the peak is more than 5 % above.
 *
 * <pre>{@code
 * java -Xmx256m -cp kvcache-bench/target/kvcache-bench.jar \
 *     io.kvcache.bench.load.MemoryBoundTrial --dir /mnt/disk --seconds 20
 * }</pre>
 */
@Command(name = "MemoryBoundTrial", mixinStandardHelpOptions = true)
public final class MemoryBoundTrial implements Callable<Integer> {
  private static final double TOLERANCE = 1.05;

  @Spec private CommandSpec spec;

  @Option(names = "--dir", required = true, description = "A directory on the disk to use.")
  private Path directory;

  @Option(names = "--dram-mib", defaultValue = "512", description = "Default ${DEFAULT-VALUE}.")
  private int dramMib;

  @Option(
      names = "--queued-mib",
      defaultValue = "64",
      description = "Bytes that may wait to be written; default ${DEFAULT-VALUE}.")
  private int queuedMib;

  @Option(
      names = "--reading-mib",
      defaultValue = "64",
      description = "Bytes of reads in flight; default ${DEFAULT-VALUE}.")
  private int readingMib;

  @Option(names = "--workers", defaultValue = "32", description = "I/O threads; ${DEFAULT-VALUE}.")
  private int workers;

  @Option(names = "--readers", defaultValue = "16", description = "Default ${DEFAULT-VALUE}.")
  private int readers;

  @Option(names = "--writers", defaultValue = "4", description = "Default ${DEFAULT-VALUE}.")
  private int writers;

  @Option(names = "--prompt-chunks", defaultValue = "16", description = "Default ${DEFAULT-VALUE}.")
  private int promptChunks;

  @Option(names = "--layers", defaultValue = "32", description = "128 KiB each; ${DEFAULT-VALUE}.")
  private int layers;

  @Option(names = "--seconds", defaultValue = "20", description = "Default ${DEFAULT-VALUE}.")
  private int seconds;

  @Option(
      names = "--budget-mib",
      defaultValue = "8192",
      description = "What the files may take; default ${DEFAULT-VALUE}.")
  private int budgetMib;

  private PrintWriter out;

  private MemoryBoundTrial() {}

  /** Runs the trial, and ends the JVM. */
  public static void main(String[] args) {
    System.exit(run(new PrintWriter(System.out, true), args));
  }

  /** Runs the trial in this JVM. */
  static int run(PrintWriter out, String... args) {
    return Trials.execute(new CommandLine(new MemoryBoundTrial()), out, args);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Trials.require(readers > 0 && writers > 0 && seconds > 0, "1 at least of each");
    Trials.require(
        LustreStore.unavailable().isEmpty(), LustreStore.unavailable().orElse("native code"));
    out = spec.commandLine().getOut();
    KvLayout layout = KvLayout.attention(layers, 1, 128, ElementType.BF16);
    long dram = (long) dramMib << 20;
    int count = (int) (2 * dram / Prompts.imageBytes(layout) / promptChunks);
    Trials.require(count > 0, "twice DRAM holds no prompt: more --dram-mib");
    Prompts prompts = new Prompts(layout, count, promptChunks);
    LargeMemory memory = LargeMemory.open();
    Files.createDirectories(directory);
    try (TemporaryFolder work = TemporaryFolder.in(directory)) {
      try (DirectoryStore store = LustreStore.open(work.path());
          KvCache cache = cache(store, layout, dram, memory)) {
        new Requests(cache, prompts, false).fill();
      }
      try (DirectoryStore store = bounded(work.path());
          KvCache cache = cache(store, layout, dram, memory)) {
        out.printf("%s; slots in %s%n", store.mode(), memory);
        return measure(store, cache, memory, prompts);
      }
    }
  }

  private DirectoryStore bounded(Path root) {
    return LustreStore.builder(root)
        .workers(workers)
        .maxQueuedBytes((long) queuedMib << 20)
        .maxReadBytesInFlight((long) readingMib << 20)
        .budget((long) budgetMib << 20)
        .open();
  }

  private static KvCache cache(
      DirectoryStore store, KvLayout layout, long dram, LargeMemory memory) {
    return KvCache.builder()
        .model(ModelFingerprint.of("memory", "0".repeat(64), "0".repeat(64)))
        .layout(layout)
        .dram(dram)
        .hostMemory(memory)
        .store(store)
        .build();
  }

  private int measure(DirectoryStore store, KvCache cache, LargeMemory memory, Prompts prompts)
      throws InterruptedException {
    long heap = ProcessMemory.heapBytes();
    long resident = ProcessMemory.residentBytes();
    long others = ProcessMemory.directBytes();
    Peak mapped = new Peak(memory::allocatedBytes);
    Peak outside = new Peak(() -> ProcessMemory.directBytes() - others + memory.allocatedBytes());
    Peak residentPeak = new Peak(ProcessMemory::residentBytes);
    Peak queued = new Peak(() -> store.stats().io().queuedBytes());
    Peak reading = new Peak(() -> store.stats().io().readBytesInFlight());
    Peak used =
        new Peak(() -> cache.stats().dram().usedBytes() + cache.stats().dram().stagingUsedBytes());
    Totals totals = new Totals();
    try (Peaks watch = new Peaks(mapped, outside, residentPeak, queued, reading, used)) {
      load(cache, prompts, totals);
      watch.look();
    }
    IoStats io = store.stats().io();
    long bound = cache.stats().dram().capacityBytes() + cache.stats().dram().stagingCapacityBytes();
    out.printf(
        "%,d requests, %,d bytes restored, %,d written; writes declined for want of room in the"
            + " queue: %,d%n",
        totals.requests.sum(),
        totals.bytes.sum(),
        store.stats().bytesWritten(),
        io.droppedWrites());
    of("queue of writes", queued.most(), (long) queuedMib << 20);
    of("reads in flight", reading.most(), (long) readingMib << 20);
    of("slots in use, DRAM and staging", used.most(), bound);
    of("mapped memory", mapped.most(), bound);
    of("memory outside the heap, direct memory included", outside.most(), bound);
    out.printf(
        "heap after GC %,d to %,d bytes; resident set %,d bytes before, %,d at most: %,d more%n",
        heap,
        ProcessMemory.heapBytes(),
        resident,
        residentPeak.most(),
        residentPeak.most() - resident);
    out.printf("wrong bytes: %d%n", totals.wrong.sum());
    return totals.wrong.sum() == 0 && outside.most() <= bound * TOLERANCE ? 0 : 1;
  }

  private void of(String what, long most, long bound) {
    out.printf(
        "%s: at most %,d of %,d bytes configured, %.3f%n",
        what, most, bound, most / (double) bound);
  }

  /** Restores what is in files, and stores what never was, until the time is over. */
  private void load(KvCache cache, Prompts prompts, Totals totals) throws InterruptedException {
    Requests known = new Requests(cache, prompts, true);
    AtomicInteger turn = new AtomicInteger();
    AtomicInteger fresh = new AtomicInteger(prompts.count());
    long until = System.nanoTime() + seconds * 1_000_000_000L;
    FutureTask<Void> storing =
        new FutureTask<>(
            () -> {
              Load.run(known, writers, fresh::getAndIncrement, until, served -> {});
              return null;
            });
    new Thread(storing, "storing").start();
    Load.run(
        known,
        readers,
        () -> Math.floorMod(turn.getAndIncrement(), prompts.count()),
        until,
        totals);
    try {
      storing.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a store failed", e.getCause());
    }
  }
}
