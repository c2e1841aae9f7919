package io.kvcache.lustre.cli;

import io.kvcache.store.DirectoryStore;
import io.kvcache.store.EvictionReport;
import io.kvcache.store.FilesystemSpace;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Removes what was used least recently: once, or as a daemon. */
@Command(
    name = "evict",
    description = {
      "Removes the images that were used least recently, and what dead writers left.",
      "",
      "By default it keeps room on the whole filesystem, or within the quota that it answers with:"
          + " if more than --high of it is used, by whomever, images go until --low is reached or"
          + " none is left. Since many filesystems count removed files for some time on, it looks a"
          + " second time before anything goes, a quarter of --settle later. With --budget it is the store's own files that count: above 85 %% of"
          + " the budget, images go until 70 %% of it are left, as in every process that was given"
          + " that budget.",
      ""
    })
final class EvictCommand implements Callable<Integer> {
  private static final double DEFAULT_HIGH = 0.85;
  private static final double DEFAULT_LOW = 0.70;
  private static final int DEFAULT_INTERVAL = 60;
  private static final int LONGEST_INTERVAL = 86_400;

  @Mixin private AdminDirectory directory;

  @Mixin private Output output;

  @Mixin private Progress progress;

  @Option(
      names = "--high",
      paramLabel = "F",
      description = "Fraction of the filesystem above which images go; default 0.85.")
  private Double high;

  @Option(
      names = "--low",
      paramLabel = "F",
      description = "Fraction of the filesystem that is left in use; default 0.70.")
  private Double low;

  @Option(
      names = "--budget",
      paramLabel = "SIZE",
      converter = ByteSize.Converter.class,
      description = "Bytes for the store's own files instead: 500GB, 2TiB.")
  private ByteSize budget;

  @Option(
      names = "--stamp-interval",
      paramLabel = "TIME",
      converter = TimeSpan.Converter.class,
      description =
          "How exactly last uses are told apart, such as 10m; must be the engines' stampInterval,"
              + " or chunks go that those would keep. Default 10m, as theirs.")
  private Duration stampInterval;

  @Option(
      names = "--settle",
      paramLabel = "TIME",
      converter = TimeSpan.Converter.class,
      description =
          "How long the filesystem may count removed files as used, at most; 0s if it never does."
              + " Default 60s. Nothing to do with --budget.")
  private Duration settle;

  @Option(
      names = "--unlink-rate",
      paramLabel = "N",
      description = "Files to remove per second, at most; default 5000.")
  private Integer unlinkRate;

  @Option(names = "--dry-run", description = "Remove nothing, and say what would go.")
  private boolean dryRun;

  @Option(
      names = "--daemon",
      description =
          "Go on until SIGTERM, with a line, or with --json an object, for each pass that removed"
              + " something. The directory is scanned at the start, every six hours, and whenever the"
              + " filesystem does not show that there is room.")
  private boolean daemon;

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      description = "With --daemon: rest so long between two looks, about; default 60.")
  private Integer interval;

  private record Result(
      long scanned,
      long deleted,
      long bytesFreed,
      long usageBefore,
      long usageAfter,
      boolean dryRun,
      long spared,
      long gone,
      long orphansRemoved,
      long foreign,
      long failed,
      long filesystemBytes,
      long filesystemUsedBytes,
      boolean complete) {}

  @Override
  public Integer call() {
    check();
    try (AdminStore admin = directory.open(this::configure)) {
      if (budget == null && admin.filesystem().isEmpty() && !admin.interruption().asked()) {
        throw new CommandLineException(
            admin.store().root()
                + ": its filesystem does not say how large it is, so watermarks mean nothing: use"
                + " --budget");
      }
      if (daemon) {
        long nanos = TimeUnit.SECONDS.toNanos(interval == null ? DEFAULT_INTERVAL : interval);
        new EvictionDaemon(
                nanos,
                () -> mayBeTooMuch(admin),
                () -> evict(admin),
                report -> print(admin, report),
                pause -> !admin.interruption().awaitAsked(pause),
                System::nanoTime)
            .run();
      } else {
        print(
            admin,
            progress.during(
                0, admin.store()::scannedEntries, Progress::entries, output, () -> evict(admin)));
      }
    }
    return 0;
  }

  private void configure(DirectoryStore.Builder settings) {
    if (stampInterval != null) {
      settings.stampInterval(stampInterval);
    }
    if (settle != null) {
      settings.settleTime(settle);
    }
    if (unlinkRate != null) {
      settings.unlinkRate(unlinkRate);
    }
  }

  private void check() {
    if (budget != null && (high != null || low != null)) {
      throw new CommandLineException(
          "--budget and --high or --low contradict each other: a budget is for the store's files,"
              + " watermarks are for the whole filesystem; give one of them");
    }
    if (budget != null && settle != null) {
      throw new CommandLineException(
          "--budget and --settle contradict each other: a budget does not ask the filesystem");
    }
    if (unlinkRate != null && unlinkRate < 1) {
      throw new CommandLineException("--unlink-rate " + unlinkRate + ": 1 at least");
    }
    // Also false for what is not a number.
    if (!(0 < low() && low() < high() && high() <= 1)) {
      throw new CommandLineException(
          "--high "
              + high()
              + " --low "
              + low()
              + ": fractions, 0 < low < high <= 1; 0.85 and 0.7 where not given");
    }
    if (daemon && dryRun) {
      throw new CommandLineException("--daemon --dry-run: it would find the same again and again");
    }
    if (interval != null && !daemon) {
      throw new CommandLineException("--interval " + interval + " without --daemon");
    }
    if (interval != null && (interval < 1 || interval > LONGEST_INTERVAL)) {
      throw new CommandLineException(
          "--interval " + interval + ": from 1 to " + LONGEST_INTERVAL + " seconds");
    }
  }

  private double high() {
    return high == null ? DEFAULT_HIGH : high;
  }

  private double low() {
    return low == null ? DEFAULT_LOW : low;
  }

  private EvictionReport evict(AdminStore admin) {
    return admin
        .unlessEnded(
            store ->
                budget == null
                    ? store.evictForFilesystem(high(), low(), dryRun)
                    : store.evict(budget.bytes(), DEFAULT_HIGH, DEFAULT_LOW, dryRun))
        .orElseGet(() -> new EvictionReport(0, 0, 0, 0, 0, dryRun, 0, 0, 0, 0, 0, false));
  }

  /**
   * Whether a scan may find something to evict. All files of a filesystem take no less than ours,
   * as long as it does not compress them; so a budget larger than what they take is kept. It says
   * nothing about what dead writers left, and is no more than a reason not to scan now.
   */
  private boolean mayBeTooMuch(AdminStore admin) {
    return !admin.interruption().asked()
        && admin
            .filesystem()
            .map(
                space ->
                    budget == null
                        ? space.usedFraction() > high()
                        : space.usedBytes() > DEFAULT_HIGH * budget.bytes())
            .orElse(budget != null);
  }

  private void print(AdminStore admin, EvictionReport report) {
    FilesystemSpace space = admin.filesystem().orElse(null);
    Result result =
        new Result(
            report.scanned(),
            report.deleted(),
            report.bytesFreed(),
            report.usageBefore(),
            report.usageAfter(),
            report.dryRun(),
            report.spared(),
            report.gone(),
            report.orphansRemoved(),
            report.foreign(),
            report.failed(),
            space == null ? 0 : space.totalBytes(),
            space == null ? 0 : space.usedBytes(),
            report.complete());
    output.print(result, text -> print(result, text));
  }

  private static void print(Result result, PrintWriter text) {
    text.printf(
        "%s %,d of %,d images, %s; the store's files: %s before, %s after",
        result.dryRun ? "would remove" : "removed",
        result.deleted,
        result.scanned,
        ByteSize.text(result.bytesFreed),
        ByteSize.text(result.usageBefore),
        ByteSize.text(result.usageAfter));
    if (result.filesystemBytes > 0) {
      text.printf(
          "; the filesystem: %.1f %% used now",
          100.0 * result.filesystemUsedBytes / result.filesystemBytes);
    }
    some(
        text,
        result.orphansRemoved,
        result.dryRun ? "that dead writers left would go" : "that dead writers left removed");
    some(text, result.spared, "kept, since they were used meanwhile");
    some(text, result.gone, "removed by others first");
    some(text, result.failed, "not listed or not removed: may this user write there?");
    text.println(result.complete ? "" : "; ended early");
  }

  private static void some(PrintWriter text, long count, String files) {
    if (count > 0) {
      text.printf("; %,d files %s", count, files);
    }
  }
}
