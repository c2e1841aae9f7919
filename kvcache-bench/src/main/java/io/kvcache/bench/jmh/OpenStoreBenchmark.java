package io.kvcache.bench.jmh;

import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
 * Opening and closing a store whose directory holds nothing, or 100,000 chunks: the same time.
 *
 * <pre>{@code
 * java -cp kvcache-bench/target/kvcache-bench.jar org.openjdk.jmh.Main OpenStoreBenchmark
 * }</pre>
 *
 * <p>As a program it fills a directory, once, and opens it, so that strace can watch:
 *
 * <pre>{@code
 * strace -f -e trace=getdents64,openat -o trace.txt \
 *     java -cp kvcache-bench/target/kvcache-bench.jar io.kvcache.bench.jmh.OpenStoreBenchmark DIR
 * grep DIR trace.txt
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class OpenStoreBenchmark {
  private static final int CHUNKS = 100_000;

  /** Files in the directory. */
  @Param({"0", "100000"})
  private int chunks;

  private Path directory;

  /** Makes the directory. */
  @Setup
  public void fill() throws IOException {
    directory = Files.createTempDirectory(Path.of(""), "open-store-");
    fill(directory, chunks);
  }

  /** Removes it. */
  @TearDown
  public void empty() throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** Opens and closes. */
  @Benchmark
  public void openAndClose() {
    DirectoryStore.open(directory).close();
  }

  // Names are all that a directory read would see, so the files stay empty.
  private static void fill(Path directory, int chunks) throws IOException {
    Path images = directory.resolve("model_0123456789ab_r0");
    SplittableRandom random = new SplittableRandom(1);
    byte[] key = new byte[32];
    for (int i = 0; i < chunks; i++) {
      random.nextBytes(key);
      String hex = HexFormat.of().formatHex(key);
      Path shard = Files.createDirectories(images.resolve(hex.substring(0, 3)));
      Files.createFile(shard.resolve(hex + "-" + i % 200 + ".g0"));
    }
  }

  /** Fills the directory if it is empty, and opens it. */
  public static void main(String[] args) throws IOException {
    Path directory = Path.of(args[0]);
    if (!Files.exists(directory)) {
      fill(directory, CHUNKS);
    }
    long start = System.nanoTime();
    try (DirectoryStore store = DirectoryStore.open(directory)) {
      System.out.println(
          store + " opened in " + (System.nanoTime() - start) / 1_000 + " microseconds");
    }
  }
}
