package io.kvcache.bench.jmh;

import io.kvcache.ElementType;
import io.kvcache.KvCache;
import io.kvcache.KvLayout;
import io.kvcache.KvSink;
import io.kvcache.ModelFingerprint;
import io.kvcache.PersistReport;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import io.kvcache.StoreReport;
import io.kvcache.bench.io.Fio;
import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.io.TemporaryFolder;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.ImageDescriptor;
import io.kvcache.store.StoreStats;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Cold restore from files through the whole library, next to fio on the same disk: images of 4 MiB,
 * written once, then read in alternation by a cache that holds nothing (acquire and restore, keys
 * made before, each row copied to the engine's memory, every checksum verified) and by fio on files
 * of its own, with as many threads, the same sizes, and O_DIRECT. Which of the two goes first
 * changes with each round. Prints every round, the medians, and their ratio.
 *
 * <p>{@code --touched} lets the cache's memory be used before it is measured, as in a server that
 * has run for a while: a fresh cache pays the kernel for zeroing its pages as the reads come in,
 * and fio, which reads into one buffer per thread, does not.
 *
 * <pre>{@code
 * java -cp kvcache-bench/target/kvcache-bench.jar -XX:MaxDirectMemorySize=4g \
 *     io.kvcache.bench.jmh.NioRestoreVersusFio --dir /mnt/disk --chunks 256 --threads 32
 * }</pre>
 */
@Command(name = "NioRestoreVersusFio", mixinStandardHelpOptions = true)
public final class NioRestoreVersusFio implements Callable<Integer> {
  private static final KvLayout LAYOUT = KvLayout.attention(32, 1, 128, ElementType.BF16);
  private static final int CHUNK_TOKENS = LAYOUT.chunkTokens();
  private static final int PART_BYTES = new ImageDescriptor(LAYOUT, 0).partBytes(0);

  @Option(names = "--dir", required = true, description = "A directory on the disk to measure.")
  private Path directory;

  @Option(names = "--chunks", defaultValue = "256", description = "Default ${DEFAULT-VALUE}.")
  private int chunks;

  @Option(names = "--threads", defaultValue = "32", description = "Default ${DEFAULT-VALUE}.")
  private int threads;

  @Option(names = "--rounds", defaultValue = "5", description = "Default ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(names = "--touched", description = "Use the cache's memory before measuring.")
  private boolean touched;

  @Option(names = "--views", description = "Wait for the chunks in place; copy no rows.")
  private boolean views;

  private final PrintStream out = System.out;

  private NioRestoreVersusFio() {}

  /** Measures, and ends the JVM. */
  public static void main(String[] args) {
    CommandLine command = new CommandLine(new NioRestoreVersusFio());
    command.setExecutionExceptionHandler(
        (e, failed, parsed) -> {
          if (e instanceof IllegalArgumentException) {
            failed.getErr().println(e.getMessage());
            return 2;
          }
          throw e;
        });
    System.exit(command.execute(args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (threads < 1 || rounds < 1 || chunks < threads || chunks % threads != 0) {
      throw new IllegalArgumentException(
          chunks
              + " chunks for "
              + threads
              + " threads: as many files for each thread, 1 at least");
    }
    try (TemporaryFolder work = TemporaryFolder.in(directory)) {
      measure(work.path());
    }
    return 0;
  }

  private void measure(Path work) throws IOException, InterruptedException {
    Path images = work.resolve("library");
    long imageBytes = write(images);
    Fio reader = new Fio(work.resolve("fio"), imageBytes, chunks, threads, true, false);
    out.println(reader.command("read"));
    out.println("once before, not counted:");
    restore(images);
    fio(reader);
    List<Double> library = new ArrayList<>();
    List<Double> fio = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      if (round % 2 == 0) {
        library.add(restore(images));
        fio.add(fio(reader));
      } else {
        fio.add(fio(reader));
        library.add(restore(images));
      }
      out.printf(
          "round %d: library %,.0f MB/s, fio %,.0f MB/s%n",
          round + 1, library.get(round), fio.get(round));
    }
    out.printf(
        "median of %d: library %,.0f MB/s, fio %,.0f MB/s, ratio %.3f%n",
        rounds, median(library), median(fio), median(library) / median(fio));
  }

  private static double fio(Fio reader) throws IOException, InterruptedException {
    return reader.read(RunWatch.NONE).mbPerSecond();
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }

  private PromptKeys prompt(KvCache cache, int seed) {
    return cache.keys(new Random(seed).ints(chunks * CHUNK_TOKENS + 1, 0, 128_000).toArray());
  }

  /** Writes the prompt through the library; returns the bytes of one image. */
  private long write(Path images) {
    try (DirectoryStore store = DirectoryStore.builder(images).workers(threads).open();
        KvCache cache = cache(store)) {
      if (!store.mode().direct()) {
        throw new IllegalArgumentException(store + " has no O_DIRECT: there is nothing to compare");
      }
      Random random = new Random(5);
      PersistReport written = fill(cache, 1, random::nextLong).persisted().join();
      if (!written.complete()) {
        throw new IllegalStateException("not everything was written: " + written.images());
      }
      return store.stats().bytesWritten() / store.stats().writes();
    }
  }

  /** Reads the prompt back into a new cache; MB/s. */
  private double restore(Path images) {
    ByteBuffer engine = ByteBuffer.allocateDirect(chunks * PART_BYTES);
    // With a floor that no filesystem reaches nothing is written: what touches memory stays there.
    try (DirectoryStore store =
            DirectoryStore.builder(images).workers(threads).freeSpaceFloor(Long.MAX_VALUE).open();
        KvCache cache = cache(store)) {
      PromptKeys keys = prompt(cache, 1);
      if (touched) {
        fill(cache, 2, () -> 0).persisted().join();
      }
      long start = System.nanoTime();
      long acquired;
      int tokens;
      try (PrefixLease lease = cache.acquire(keys)) {
        acquired = System.nanoTime() - start;
        tokens = views ? lease.awaitLoaded() : lease.restore(into(engine));
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      StoreStats stats = store.stats();
      if (tokens != chunks * CHUNK_TOKENS || stats.reads() != chunks) {
        throw new IllegalStateException("not everything came from files: " + cache.stats());
      }
      out.printf(
          "  library: acquire %,.0f ms, all %,.0f ms; a read with its checksums %,.1f ms of a thread%n",
          acquired / 1e6, seconds * 1e3, stats.readNanos() / 1e6 / stats.reads());
      return stats.bytesRead() / seconds / 1e6;
    }
  }

  private KvCache cache(DirectoryStore store) {
    return KvCache.builder()
        .model(ModelFingerprint.of("nio-versus-fio", "0".repeat(64), "0".repeat(64)))
        .layout(LAYOUT)
        .dram((long) chunks * new ImageDescriptor(LAYOUT, 0).imageBytes())
        .store(store)
        .build();
  }

  private StoreReport fill(KvCache cache, int seed, LongSupplier words) {
    return cache.store(
        prompt(cache, seed),
        chunks * CHUNK_TOKENS,
        (layer, part, from, count, rows) -> {
          while (rows.hasRemaining()) {
            rows.putLong(words.getAsLong());
          }
          return true;
        });
  }

  /** The engine's memory: room for one part of every chunk, since more would teach nothing. */
  private static KvSink into(ByteBuffer engine) {
    return (layer, part, from, count, rows) ->
        engine.put(from / CHUNK_TOKENS * PART_BYTES, rows, 0, PART_BYTES);
  }
}
