package io.kvcache.bench.ttft;

import io.kvcache.bench.io.IoResult;
import io.kvcache.bench.io.IoShape;
import io.kvcache.bench.io.IoTrial;
import io.kvcache.bench.io.Measured;
import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.io.SideResult;
import io.kvcache.bench.io.SlotMemory;
import io.kvcache.bench.io.StoreKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * What a directory reads, cold, in files of one size.
 *
 * @param bytesPerSecond the median of the rounds
 * @param by who read: {@code fio}; {@code store}, where there is no fio; {@code given}, if nobody
 *     measured it
 * @param storeBytesPerSecond what the store alone read beside it, checksums verified; 0 if given
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
    double storeBytesPerSecond,
    double lowest,
    double highest,
    long fileBytes,
    int threads,
    String command,
    String notCold) {

  /** What somebody says. */
  public static DirectoryBandwidth given(double bytesPerSecond) {
    return new DirectoryBandwidth(
        bytesPerSecond, "given", 0, bytesPerSecond, bytesPerSecond, 0, 0, null, null);
  }

  /** A measurement that is not begun yet. */
  record Plan(
      Path directory,
      StoreKind kind,
      SlotMemory memory,
      int threads,
      long fileBytes,
      long passBytes,
      int rounds) {
    private IoTrial trial() {
      long files = Math.max(2L * threads, passBytes / fileBytes);
      IoShape shape = new IoShape(fileBytes, (int) files, threads);
      return new IoTrial(directory, shape, List.of(kind), memory, false, rounds);
    }

    long steps() {
      return trial().steps();
    }

    /**
     * Measures.
     *
     * @throws CancellationException if the watch said so
     */
    DirectoryBandwidth run(RunWatch watch) throws IOException, InterruptedException {
      IoResult result = trial().run(watch);
      if (result.rounds() < rounds) {
        throw new CancellationException("ended while the directory was measured");
      }
      IoResult.Store store = result.stores().get(0);
      SideResult best = result.fio().map(IoResult.Fio::measured).orElse(store.measured());
      List<Double> reads = best.reads().stream().map(r -> r.mbPerSecond() * 1e6).sorted().toList();
      return new DirectoryBandwidth(
          best.read(Measured::mbPerSecond) * 1e6,
          result.fio().isPresent() ? "fio" : "store",
          store.measured().read(Measured::mbPerSecond) * 1e6,
          reads.get(0),
          reads.get(reads.size() - 1),
          fileBytes,
          threads,
          result.fio().map(IoResult.Fio::readCommand).orElse(null),
          store.warm().orElse(null));
    }
  }
}
