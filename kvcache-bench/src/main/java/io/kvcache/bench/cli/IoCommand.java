package io.kvcache.bench.cli;

import io.kvcache.bench.io.IoFailedException;
import io.kvcache.bench.io.IoResult;
import io.kvcache.bench.io.IoShape;
import io.kvcache.bench.io.IoTrial;
import io.kvcache.bench.io.Measured;
import io.kvcache.bench.io.SideResult;
import io.kvcache.bench.io.SlotMemory;
import io.kvcache.bench.io.StoreKind;
import io.kvcache.lustre.cli.CommandLineException;
import io.kvcache.lustre.cli.Interruption;
import io.kvcache.lustre.cli.Output;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures a store's reads and writes of whole images on a disk, with fio beside it. */
@Command(
    name = "io",
    description = {
      "Writes new files through a store (checksums, temporary name, rename), reads them back cold"
          + " into memory that was used before, and verifies them; fio, where it is installed, does"
          + " the same with files of its own: psync, one file per chunk and one call per file, the"
          + " same size, threads and O_DIRECT, no fallocate.",
      "",
      "They take turns, and which goes first changes with each round; figures are medians of the"
          + " rounds. One round before is not counted, and every byte that it wrote is compared:"
          + " those are the verified chunks. In the others each chunk's checksums are verified.",
      "",
      "Where O_DIRECT is not to be had (effective_mode BUFFERED) files are written back and dropped"
          + " from the page cache before they are read; not_cold says why that could not be done."
          + " Writes then end in the page cache, on both sides. tmpfs is memory: its reads are not"
          + " cold in any mode.",
      "",
      "All files are removed in the end, also after Ctrl-C, and so is the directory if it did not"
          + " exist.",
      ""
    })
final class IoCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private Output output;

  @Option(
      names = "--dir",
      required = true,
      paramLabel = "D",
      description = "A directory on the disk to measure; made if it does not exist.")
  private Path directory;

  @Option(
      names = "--chunk-bytes",
      required = true,
      paramLabel = "B",
      description = "Bytes of a file: a multiple of 4096, 8192 at least, header included.")
  private long chunkBytes;

  @Option(names = "--chunks", required = true, paramLabel = "N", description = "Files.")
  private int chunks;

  @Option(
      names = "--threads",
      required = true,
      paramLabel = "T",
      description = "Reads or writes at once, 1 to " + IoShape.MOST_THREADS + ".")
  private int threads;

  @Option(
      names = "--store",
      defaultValue = "nio",
      paramLabel = "nio|lustre",
      description = "Through the JDK, or native calls; default ${DEFAULT-VALUE}.")
  private String store;

  @Option(
      names = "--rounds",
      defaultValue = "5",
      paramLabel = "R",
      description = "Rounds that count; default ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--memory",
      paramLabel = "jvm|large",
      description =
          "Where images are written from and read into: the JVM's direct memory, or mapped memory in"
              + " huge pages; default large unless there is no native code. fio's buffers are in pages"
              + " of the same size.")
  private String memory;

  private SlotMemory slots;

  private record Result(
      String store,
      String memory,
      String effectiveMode,
      String modeReason,
      double writeMbPerS,
      double readMbPerS,
      int verifiedChunks,
      Double fioWriteMbPerS,
      Double fioReadMbPerS,
      Double writeToFioRatio,
      Double readToFioRatio,
      double writeCpuSecondsPerGib,
      double readCpuSecondsPerGib,
      Double fioWriteCpuSecondsPerGib,
      Double fioReadCpuSecondsPerGib,
      double checksumCpuSecondsPerGib,
      int rounds,
      String notCold,
      String fioMissing,
      String fioWriteCommand,
      String fioReadCommand) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    IoTrial trial = trial();
    try (Interruption interruption = new Interruption()) {
      IoResult result;
      NewDirectory made = NewDirectory.make("--dir", directory);
      try (Progress progress = new Progress("io", trial.steps(), spec.commandLine().getErr())) {
        result =
            trial.run(
                images -> {
                  progress.at(images);
                  return !interruption.asked();
                });
      } catch (IllegalArgumentException | IoFailedException e) {
        throw new CommandLineException("--dir " + directory + ": " + e.getMessage(), e);
      } finally {
        made.remove();
      }
      return report(result);
    }
  }

  private IoTrial trial() {
    StoreKind kind;
    try {
      kind = StoreKind.named(store);
    } catch (IllegalArgumentException e) {
      throw new CommandLineException("--store " + e.getMessage(), e);
    }
    try {
      slots = SlotMemory.named(memory);
    } catch (IllegalArgumentException e) {
      throw new CommandLineException("--memory " + e.getMessage(), e);
    }
    try {
      IoShape shape = new IoShape(chunkBytes, chunks, threads);
      return new IoTrial(directory, shape, List.of(kind), slots, slots.hugePages(), rounds);
    } catch (IllegalArgumentException e) {
      throw new CommandLineException(e.getMessage(), e);
    }
  }

  private int report(IoResult all) {
    PrintWriter err = spec.commandLine().getErr();
    if (all.rounds() < rounds) {
      err.printf("io: ended after %d of %d rounds%n", all.rounds(), rounds);
    }
    if (all.rounds() == 0) {
      return 1;
    }
    Result result = result(all);
    output.print(result, text -> print(result, text));
    if (result.verifiedChunks < chunks) {
      err.printf("io: %d of %d chunks came back WRONG%n", chunks - result.verifiedChunks, chunks);
      return 1;
    }
    return 0;
  }

  private Result result(IoResult all) {
    IoResult.Store store = all.stores().get(0);
    SideResult ours = store.measured();
    SideResult fio = all.fio().map(IoResult.Fio::measured).orElse(null);
    double write = ours.write(Measured::mbPerSecond);
    double read = ours.read(Measured::mbPerSecond);
    Double fioWrite = fio == null ? null : fio.write(Measured::mbPerSecond);
    Double fioRead = fio == null ? null : fio.read(Measured::mbPerSecond);
    return new Result(
        ours.name(),
        slots.label(),
        store.mode().label(),
        store.mode().reason(),
        write,
        read,
        ours.verified(),
        fioWrite,
        fioRead,
        fio == null ? null : write / fioWrite,
        fio == null ? null : read / fioRead,
        ours.write(Measured::cpuSecondsPerGib),
        ours.read(Measured::cpuSecondsPerGib),
        fio == null ? null : fio.write(Measured::cpuSecondsPerGib),
        fio == null ? null : fio.read(Measured::cpuSecondsPerGib),
        all.checksumSecondsPerGib(),
        all.rounds(),
        store.warm().orElse(null),
        all.fioMissing().orElse(null),
        all.fio().map(IoResult.Fio::writeCommand).orElse(null),
        all.fio().map(IoResult.Fio::readCommand).orElse(null));
  }

  private static void print(Result result, PrintWriter text) {
    text.printf(
        "%s, %s (%s), slots in %s memory%n",
        result.store, result.effectiveMode, result.modeReason, result.memory);
    if (result.notCold != null) {
      text.printf("reads were NOT COLD: %s%n", result.notCold);
    }
    text.printf(
        "medians of %d rounds      %10s %10s %8s%n", result.rounds, result.store, "fio", "ratio");
    line(text, "write, MB/s", result.writeMbPerS, result.fioWriteMbPerS);
    line(text, "read, MB/s", result.readMbPerS, result.fioReadMbPerS);
    line(text, "write, CPU s/GiB", result.writeCpuSecondsPerGib, result.fioWriteCpuSecondsPerGib);
    line(text, "read, CPU s/GiB", result.readCpuSecondsPerGib, result.fioReadCpuSecondsPerGib);
    text.printf("%-24s %10.3f%n", "checksum, CPU s/GiB", result.checksumCpuSecondsPerGib);
    text.printf("%-24s %,10d%n", "verified chunks", result.verifiedChunks);
    if (result.fioMissing != null) {
      text.printf("no fio beside it: %s%n", result.fioMissing);
    } else {
      text.println("fio, to be typed in an empty directory:");
      text.println(result.fioWriteCommand);
      text.println(result.fioReadCommand);
    }
  }

  private static void line(PrintWriter text, String what, double ours, Double fio) {
    String format = ours < 100 ? "%10.3f" : "%,10.0f";
    text.printf(
        "%-24s %s %s %s%n",
        what,
        String.format(format, ours),
        fio == null ? "" : String.format(format, fio),
        fio == null || fio == 0 ? "" : String.format("%8.3f", ours / fio));
  }
}
