package io.kvcache.bench.io;

import io.kvcache.bench.load.Trials;
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
 * The store over native calls, the one over the JDK's, and fio, side by side for several sizes of
 * images: new files written, read back cold and verified, in rounds that take turns; processor time
 * of each, and of checksums alone; the files of each store read by the other. It is the {@code io}
 * command with more sides and sizes, and prints a table for each size.
 *
 * <pre>{@code
 * java -XX:MaxDirectMemorySize=8g -cp kvcache-bench/target/kvcache-bench.jar \
 *     io.kvcache.bench.io.NativeVersusFio --dir /mnt/disk --mib 4,16,80 --threads 32 --rounds 5
 * }</pre>
 */
@Command(name = "NativeVersusFio", mixinStandardHelpOptions = true)
public final class NativeVersusFio implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--dir", required = true, description = "A directory on the disk to measure.")
  private Path directory;

  @Option(
      names = "--mib",
      split = ",",
      defaultValue = "4,16,80",
      description = "Sizes of images; default ${DEFAULT-VALUE}.")
  private List<Integer> sizes;

  @Option(
      names = "--pass-mib",
      defaultValue = "1024",
      description =
          "What a side writes and reads in a round, at least an image for each thread; default"
              + " ${DEFAULT-VALUE}.")
  private int passMib;

  @Option(names = "--threads", defaultValue = "32", description = "Default ${DEFAULT-VALUE}.")
  private int threads;

  @Option(names = "--rounds", defaultValue = "5", description = "Default ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--memory",
      paramLabel = "jvm|large",
      description = "Where the slots are; large unless there is no native code.")
  private String memory;

  @Option(names = "--fio-huge-pages", description = "Let fio use huge pages too; takes glibc 2.35.")
  private boolean fioHugePages;

  private PrintWriter out;

  private NativeVersusFio() {}

  /** Measures, and ends the JVM: 1 if a byte was wrong. */
  public static void main(String[] args) {
    System.exit(run(new PrintWriter(System.out, true), args));
  }

  /** Measures in this JVM. */
  static int run(PrintWriter out, String... args) {
    return Trials.execute(new CommandLine(new NativeVersusFio()), out, args);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    out = spec.commandLine().getOut();
    Files.createDirectories(directory);
    List<StoreKind> kinds = new ArrayList<>();
    for (StoreKind kind : List.of(StoreKind.LUSTRE, StoreKind.NIO)) {
      kind.unavailable()
          .ifPresentOrElse(
              why -> out.printf("no %s store: %s%n", kind.label(), why), () -> kinds.add(kind));
    }
    SlotMemory slots = SlotMemory.named(memory);
    out.printf(
        "slots in %s memory, fio's buffers in %s pages%n",
        slots.label(), fioHugePages ? "huge" : "small");
    boolean right = true;
    for (int mib : sizes) {
      int images = Math.max(passMib / Math.max(1, mib), threads);
      IoShape shape = new IoShape((long) mib << 20, images, threads);
      IoResult result =
          new IoTrial(directory, shape, kinds, slots, fioHugePages, rounds).run(RunWatch.NONE);
      print(mib, shape, result);
      right &= right(shape, result);
    }
    return right ? 0 : 1;
  }

  private static boolean right(IoShape shape, IoResult result) {
    return result.stores().stream().allMatch(s -> s.measured().verified() == shape.images())
        && result.readByOther().stream().allMatch(other -> other.right() == shape.images());
  }

  private void print(int mib, IoShape shape, IoResult result) {
    out.printf(
        "%n## %d images of %d MiB, %d threads, medians of %d rounds%n%n",
        shape.images(), mib, shape.threads(), result.rounds());
    List<SideResult> sides = new ArrayList<>();
    for (IoResult.Store store : result.stores()) {
      sides.add(store.measured());
      out.printf("%s: %s%n", store.measured().name(), store.mode());
      store.warm().ifPresent(why -> out.printf("its reads were NOT COLD: %s%n", why));
    }
    result.fio().ifPresent(fio -> sides.add(fio.measured()));
    result.fioMissing().ifPresent(why -> out.printf("no fio beside it: %s%n", why));
    out.printf("%n| | write, MB/s | read, MB/s | write, CPU s/GiB | read, CPU s/GiB |%n");
    out.printf("|---|---|---|---|---|%n");
    for (SideResult side : sides) {
      out.printf(
          "| %s | %,.0f | %,.0f | %.3f | %.3f |%n",
          side.name(),
          side.write(Measured::mbPerSecond),
          side.read(Measured::mbPerSecond),
          side.write(Measured::cpuSecondsPerGib),
          side.read(Measured::cpuSecondsPerGib));
    }
    out.printf("| checksums alone | | | %1$.3f | %1$.3f |%n%n", result.checksumSecondsPerGib());
    for (int one = 0; one < sides.size(); one++) {
      for (int other = one + 1; other < sides.size(); other++) {
        compare(sides.get(one), sides.get(other), result.checksumSecondsPerGib());
      }
    }
    for (IoResult.Store store : result.stores()) {
      out.printf(
          "%s: %d of %d images compared byte by byte and right%n",
          store.measured().name(), store.measured().verified(), shape.images());
    }
    for (IoResult.ReadByOther other : result.readByOther()) {
      out.printf(
          "written by %s, read by %s: %d of %d images right%n",
          other.writer(), other.reader(), other.right(), shape.images());
    }
    result.fio().ifPresent(fio -> out.printf("%n%s%n%s%n", fio.writeCommand(), fio.readCommand()));
  }

  private void compare(SideResult one, SideResult other, double checksum) {
    out.printf(
        "%s / %s: write %.3f, read %.3f (median of the rounds' ratios %.3f, %.3f)%n",
        one.name(),
        other.name(),
        one.write(Measured::mbPerSecond) / other.write(Measured::mbPerSecond),
        one.read(Measured::mbPerSecond) / other.read(Measured::mbPerSecond),
        Measured.medianRatio(one.writes(), other.writes()),
        Measured.medianRatio(one.reads(), other.reads()));
    if (other.name().equals("fio")) {
      out.printf(
          "%s's processor time less the checksums' / fio's: write %.2f, read %.2f%n",
          one.name(),
          (one.write(Measured::cpuSecondsPerGib) - checksum)
              / other.write(Measured::cpuSecondsPerGib),
          (one.read(Measured::cpuSecondsPerGib) - checksum)
              / other.read(Measured::cpuSecondsPerGib));
    }
  }
}
