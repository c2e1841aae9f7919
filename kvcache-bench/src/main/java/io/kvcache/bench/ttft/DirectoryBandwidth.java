package io.kvcache.bench.ttft;

import io.kvcache.bench.io.DiskSpace;
import io.kvcache.bench.io.Fio;
import io.kvcache.bench.io.IoResult;
import io.kvcache.bench.io.IoShape;
import io.kvcache.bench.io.IoTrial;
import io.kvcache.bench.io.Measured;
import io.kvcache.bench.io.PageCache;
import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.io.SlotMemory;
import io.kvcache.bench.io.StoreKind;
import io.kvcache.bench.jmh.TemporaryFolder;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * What a directory reads, cold, in files of one size.
 *
 * @param bytesPerSecond the median of the rounds
 * @param by who read: {@code fio}; {@code store}, where there is no fio; {@code given}, if nobody
 *     measured it
 * @param lowest the slowest round
 * @param highest the fastest round
 * @param fileBytes size of a file; 0 if given
 * @param threads files read at once; 0 if given
 * @param command what fio was started with; null without it
 * @param notCold why reads were not cold; null if they were
 */
public record DirectoryBandwidth(
    double bytesPerSecond,
    String by,
    double lowest,
    double highest,
    long fileBytes,
    int threads,
    String command,
    String notCold) {

  /** What somebody says. */
  public static DirectoryBandwidth given(double bytesPerSecond) {
    return new DirectoryBandwidth(
        bytesPerSecond, "given", bytesPerSecond, bytesPerSecond, 0, 0, null, null);
  }

  /**
   * A measurement that is not begun yet. Files are written once and read again and again, as the
   * run's own are: on virtual disks new files may read otherwise than older ones.
   */
  record Plan(
      Path directory,
      StoreKind kind,
      SlotMemory memory,
      int threads,
      long fileBytes,
      long passBytes,
      int rounds) {
    private static final long SPARE_BYTES = 64L << 20;

    private IoShape shape() {
      return new IoShape(fileBytes, (int) Math.max(2L * threads, passBytes / fileBytes), threads);
    }

    private IoTrial store() {
      return new IoTrial(directory, shape(), List.of(kind), memory, false, rounds);
    }

    /** Files that are written and read. */
    long steps() {
      return Fio.unavailable().isEmpty() ? shape().images() * (rounds + 2L) : store().steps();
    }

    /**
     * Measures.
     *
     * @throws CancellationException if the watch said so
     */
    DirectoryBandwidth run(RunWatch watch) throws IOException, InterruptedException {
      return Fio.unavailable().isEmpty() ? byFio(watch) : byStore(watch);
    }

    private DirectoryBandwidth byFio(RunWatch watch) throws IOException, InterruptedException {
      IoShape shape = shape();
      DiskSpace.require(
          directory, shape.images(), fileBytes, SPARE_BYTES, "use a directory with more room");
      try (TemporaryFolder work = TemporaryFolder.in(directory)) {
        boolean direct = isDirect(work.path().resolve("kv"));
        Path files = work.path().resolve("fio");
        Fio fio = new Fio(files, fileBytes, shape.images(), threads, direct, false);
        fio.write(watch);
        List<Measured> reads = new ArrayList<>();
        Optional<String> warm = Optional.empty();
        for (int i = 1; i <= rounds + 1; i++) {
          warm = direct ? Optional.empty() : PageCache.drop(files);
          reads.add(fio.read(watch.after((long) i * shape.images())));
        }
        // The first of them is not counted.
        return of("fio", reads.subList(1, reads.size()), fio.command("read"), warm);
      }
    }

    private boolean isDirect(Path root) {
      try (DirectoryStore store = kind.builder(root).open()) {
        return store.mode().direct();
      }
    }

    private DirectoryBandwidth byStore(RunWatch watch) throws IOException, InterruptedException {
      IoResult result = store().run(watch);
      if (result.rounds() < rounds) {
        throw new CancellationException("ended while the directory was measured");
      }
      IoResult.Store store = result.stores().get(0);
      return of("store", store.measured().reads(), null, store.warm());
    }

    private DirectoryBandwidth of(
        String by, List<Measured> reads, String command, Optional<String> warm) {
      List<Double> sorted = reads.stream().map(r -> r.mbPerSecond() * 1e6).sorted().toList();
      return new DirectoryBandwidth(
          sorted.get(sorted.size() / 2),
          by,
          sorted.get(0),
          sorted.get(sorted.size() - 1),
          fileBytes,
          threads,
          command,
          warm.orElse(null));
    }
  }
}
