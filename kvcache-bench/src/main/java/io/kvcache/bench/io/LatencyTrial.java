package io.kvcache.bench.io;

import io.kvcache.bench.load.Trials;
import io.kvcache.lustre.LustreStore;
import io.kvcache.lustre.NativeIoOptions;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What many I/O threads gain where every call takes long: images are read in small pieces, each of
 * which takes some milliseconds more than the disk needs, by one thread and by many, which take
 * turns. With {@code --at-once 1}, the default, a single image at a time is asked for, so that all
 * threads share its pieces; every image is verified.
 *
 * <pre>{@code
 * java -cp kvcache-bench/target/kvcache-bench.jar \
 *     io.kvcache.bench.io.LatencyTrial --dir /mnt/disk --workers 32 --delay-ms 5 --piece-kib 64
 * }</pre>
 */
@Command(name = "LatencyTrial", mixinStandardHelpOptions = true)
public final class LatencyTrial implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--dir", required = true, description = "A directory on the disk to use.")
  private Path directory;

  @Option(names = "--workers", defaultValue = "32", description = "Default ${DEFAULT-VALUE}.")
  private int workers;

  @Option(names = "--delay-ms", defaultValue = "5", description = "Of a call; ${DEFAULT-VALUE}.")
  private int delayMillis;

  @Option(names = "--piece-kib", defaultValue = "64", description = "Default ${DEFAULT-VALUE}.")
  private int pieceKib;

  @Option(names = "--image-mib", defaultValue = "80", description = "Default ${DEFAULT-VALUE}.")
  private int imageMib;

  @Option(names = "--images", defaultValue = "1", description = "Default ${DEFAULT-VALUE}.")
  private int images;

  @Option(
      names = "--at-once",
      defaultValue = "1",
      description = "Images that are asked for at once; default ${DEFAULT-VALUE}.")
  private int atOnce;

  @Option(names = "--rounds", defaultValue = "5", description = "Default ${DEFAULT-VALUE}.")
  private int rounds;

  private LatencyTrial() {}

  /** Runs the trial, and ends the JVM. */
  public static void main(String[] args) {
    System.exit(run(new PrintWriter(System.out, true), args));
  }

  /** Runs the trial in this JVM. */
  static int run(PrintWriter out, String... args) {
    return Trials.execute(new CommandLine(new LatencyTrial()), out, args);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    LustreStore.unavailable()
        .ifPresent(
            why -> {
              throw new IllegalArgumentException(why);
            });
    if (rounds < 1 || atOnce < 1 || delayMillis < 1) {
      throw new IllegalArgumentException("--rounds, --at-once and --delay-ms: 1 at least");
    }
    IoShape few = new IoShape((long) imageMib << 20, images, 1);
    Payload payload = new Payload(few.slotBytes());
    Files.createDirectories(directory);
    try (TemporaryFolder work = TemporaryFolder.in(directory);
        Clients clients =
            new Clients(atOnce - 1, few.slotBytes(), SlotMemory.best().open(), payload)) {
      Path files = work.path().resolve("kv");
      SlowCalls slow = new SlowCalls(delayMillis);
      StoreSide one = side(slow, files, 1, clients, payload);
      one.write(RunWatch.NONE);
      measure(slow, one, side(slow, files, workers, clients, payload));
    }
    return 0;
  }

  private StoreSide side(
      SlowCalls slow, Path files, int threads, Clients clients, Payload payload) {
    NativeIoOptions options = NativeIoOptions.builder().pieceBytes(pieceKib << 10).build();
    return new StoreSide(
        threads + (threads == 1 ? " worker" : " workers"),
        root ->
            DirectoryStore.builder(root)
                .io(real -> slow.before(LustreStore.io(options).apply(real))),
        files,
        new IoShape((long) imageMib << 20, images, threads),
        clients,
        payload);
  }

  private void measure(SlowCalls slow, StoreSide one, StoreSide many)
      throws IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "%s; %d images of %d MiB in pieces of %d KiB, %d ms more for each; %d asked for at once%n",
        many.mode(), images, imageMib, pieceKib, delayMillis, atOnce);
    one.read(RunWatch.NONE); // not counted: code and memory
    many.read(RunWatch.NONE);
    List<Measured> ones = new ArrayList<>();
    List<Measured> manys = new ArrayList<>();
    long before = slow.calls();
    for (int round = 0; round < rounds; round++) {
      if (round % 2 == 0) {
        ones.add(one.read(RunWatch.NONE));
        manys.add(many.read(RunWatch.NONE));
      } else {
        manys.add(many.read(RunWatch.NONE));
        ones.add(one.read(RunWatch.NONE));
      }
    }
    out.printf("calls of a pass: %,d%n", (slow.calls() - before) / (2L * rounds));
    for (List<Measured> side : List.of(ones, manys)) {
      out.printf(
          "%s: %,.1f MB/s, median of %d%n",
          side == ones ? one.name() : many.name(),
          Measured.median(side, Measured::mbPerSecond),
          rounds);
    }
    out.printf(
        "%s read %.1f times as fast as %s%n",
        many.name(),
        Measured.median(manys, Measured::mbPerSecond)
            / Measured.median(ones, Measured::mbPerSecond),
        one.name());
  }
}
