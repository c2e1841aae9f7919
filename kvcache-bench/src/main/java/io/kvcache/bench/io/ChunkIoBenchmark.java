package io.kvcache.bench.io;

import io.kvcache.spi.HostMemory;
import java.io.IOException;
import java.nio.file.Path;
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
 * New files written, and read back cold and verified, by a number of I/O threads, for images of
 * several sizes. An operation is a pass over {@code passMib}, at least two images for each thread;
 * {@code megabytes} is the throughput in 10^6 bytes per second. With {@code -prof gc}, what a pass
 * allocates must not grow with the bytes that it moves.
 *
 * <pre>{@code
 * java -cp kvcache-bench/target/kvcache-bench.jar org.openjdk.jmh.Main ChunkIoBenchmark \
 *     -p directory=/mnt/disk -prof gc -rf json -rff chunk-io.json
 * java -cp kvcache-bench/target/kvcache-bench.jar io.kvcache.bench.chart.ChunkIoCharts \
 *     chunk-io.json docs/charts
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 1, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "-XX:MaxDirectMemorySize=10g")
public class ChunkIoBenchmark {
  private static final long SPARE_BYTES = 64L << 20;

  /** A directory on the disk to measure. */
  @Param({"/tmp"})
  public String directory;

  /** Whose system calls. */
  @Param({"NIO", "LUSTRE"})
  public StoreKind store;

  /** Reads or writes at once. */
  @Param({"1", "2", "4", "8", "16", "32", "64"})
  public int workers;

  /** Size of an image. */
  @Param({"1", "4", "16", "80"})
  public int imageMib;

  /** Where the slots are. */
  @Param({"LARGE"})
  public SlotMemory memory;

  /** Size of a pass. */
  @Param({"256"})
  public int passMib;

  private TemporaryFolder folder;
  private Clients clients;
  private StoreSide side;
  private IoShape shape;

  /** JMH makes a rate of it. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Moved {
    /** Since the iteration began. */
    public double megabytes;

    /** Begins an iteration. */
    @Setup(Level.Iteration)
    public void reset() {
      megabytes = 0;
    }

    private void add(Measured pass) {
      megabytes += pass.bytes() / 1e6;
    }
  }

  /** Writes what is to be read. */
  @Setup
  public void open() throws IOException, InterruptedException {
    store
        .unavailable()
        .ifPresent(
            why -> {
              throw new IllegalStateException("no " + store.label() + " store here: " + why);
            });
    shape = new IoShape((long) imageMib << 20, Math.max(2 * workers, passMib / imageMib), workers);
    DiskSpace.require(
        Path.of(directory),
        shape.images(),
        shape.imageBytes(),
        SPARE_BYTES,
        "use a smaller passMib");
    HostMemory slots = memory.open();
    MemoryRoom.require(
        slots, (workers + 1) * (shape.imageBytes() + IoShape.PAGE_BYTES), "use fewer workers");
    Payload payload = new Payload(shape.slotBytes());
    clients = new Clients(workers, shape.slotBytes(), slots, payload);
    try {
      folder = TemporaryFolder.in(Path.of(directory));
      fill(folder.path().resolve("kv"), payload);
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      close(); // JMH does not where this throws
      throw e;
    }
  }

  private void fill(Path files, Payload payload) throws IOException, InterruptedException {
    side = new StoreSide(store, files, shape, clients, payload);
    side.write(RunWatch.NONE);
    if (!side.mode().direct()) {
      throw new IllegalStateException(directory + " has no O_DIRECT: " + side.mode());
    }
    PageCache.makeCold(files, true)
        .ifPresent(
            why -> {
              throw new IllegalStateException(directory + " has no cold reads: " + why);
            });
  }

  /** Removes everything. */
  @TearDown
  public void close() throws IOException {
    clients.close();
    if (folder != null) {
      folder.close();
    }
  }

  /** Files may be written once. */
  @State(Scope.Benchmark)
  public static class NewFiles {
    /** Removes those of the pass before. */
    @Setup(Level.Invocation)
    public void remove(ChunkIoBenchmark benchmark) throws IOException {
      benchmark.side.remove();
    }
  }

  /** A pass of reads. */
  @Benchmark
  public void read(Moved moved) throws IOException, InterruptedException {
    moved.add(side.read(RunWatch.NONE));
  }

  /** A pass of writes. */
  @Benchmark
  public void write(NewFiles newFiles, Moved moved) throws InterruptedException {
    moved.add(side.write(RunWatch.NONE));
  }
}
