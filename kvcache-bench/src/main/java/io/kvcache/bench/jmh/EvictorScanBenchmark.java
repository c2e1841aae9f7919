package io.kvcache.bench.jmh;

import io.kvcache.bench.io.TemporaryFolder;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.EvictionReport;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
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
 * The evictor's scan of 200,000 images, beside a plain walk that reads the same attributes. The
 * directory is in the working directory, and in the kernel's caches after the first round.
 *
 * <pre>{@code
 * java -cp kvcache-bench/target/kvcache-bench.jar org.openjdk.jmh.Main EvictorScanBenchmark
 * }</pre>
 *
 * <p>As a program it lets the two take turns, which is fairer on a machine that has other things to
 * do, and says what the best and the middle round of each took, in milliseconds:
 *
 * <pre>{@code
 * java -cp kvcache-bench/target/kvcache-bench.jar io.kvcache.bench.jmh.EvictorScanBenchmark
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 8, time = 2)
public class EvictorScanBenchmark {
  /** Files in the directory. */
  @Param("200000")
  private int images;

  private Path parent = Path.of("");
  private TemporaryFolder folder;
  private DirectoryStore store;

  /** The same by hand, for that many images below that directory: fill, compare, empty. */
  public static EvictorScanBenchmark in(Path parent, int images) {
    EvictorScanBenchmark benchmark = new EvictorScanBenchmark();
    benchmark.parent = parent;
    benchmark.images = images;
    return benchmark;
  }

  /** Makes the directory. */
  @Setup
  public void fill() throws IOException {
    folder = TemporaryFolder.in(parent);
    Path namespace = folder.path().resolve("model_0123456789ab_r0");
    SplittableRandom random = new SplittableRandom(1);
    byte[] key = new byte[32];
    for (int i = 0; i < images; i++) {
      random.nextBytes(key);
      String hex = HexFormat.of().formatHex(key);
      Path shard = Files.createDirectories(namespace.resolve(hex.substring(0, 3)));
      Files.createFile(shard.resolve(hex + "-" + i % 200 + ".g0"));
    }
    store = DirectoryStore.builder(folder.path()).scanRate(Integer.MAX_VALUE).open();
  }

  /** Removes it. */
  @TearDown
  public void empty() throws IOException {
    store.close();
    folder.close();
  }

  /** What the evictor does before it knows whether there is anything to evict. */
  @Benchmark
  public EvictionReport scan() {
    EvictionReport report = store.evict(Long.MAX_VALUE, 0.85, 0.7, true);
    if (report.scanned() != images) {
      throw new IllegalStateException(report.toString());
    }
    return report;
  }

  /** A plain walk. */
  @Benchmark
  public long walk() throws IOException {
    Sum sum = new Sum();
    Files.walkFileTree(folder.path(), sum);
    if (sum.files < images) {
      throw new IllegalStateException(sum.files + " files");
    }
    return sum.bytes + sum.newest;
  }

  /** Takes turns. */
  public static void main(String[] args) throws IOException {
    EvictorScanBenchmark benchmark = in(Path.of(""), 200_000);
    benchmark.fill();
    try {
      int rounds = 25;
      int warmUp = 5;
      double[] scans = new double[rounds];
      double[] walks = new double[rounds];
      for (int i = -warmUp; i < rounds; i++) {
        long start = System.nanoTime();
        benchmark.scan();
        long middle = System.nanoTime();
        benchmark.walk();
        if (i >= 0) {
          scans[i] = (middle - start) / 1e6;
          walks[i] = (System.nanoTime() - middle) / 1e6;
        }
      }
      Arrays.sort(scans);
      Arrays.sort(walks);
      System.out.printf(
          "scan: best %.0f, middle %.0f; walk: best %.0f, middle %.0f; ratio: best %.2f, middle"
              + " %.2f%n",
          scans[0],
          scans[rounds / 2],
          walks[0],
          walks[rounds / 2],
          scans[0] / walks[0],
          scans[rounds / 2] / walks[rounds / 2]);
    } finally {
      benchmark.empty();
    }
  }

  private static final class Sum extends SimpleFileVisitor<Path> {
    private long files;
    private long bytes;
    private long newest;

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      files++;
      bytes += attributes.size();
      newest = Math.max(newest, attributes.lastModifiedTime().toMillis());
      return FileVisitResult.CONTINUE;
    }
  }
}
