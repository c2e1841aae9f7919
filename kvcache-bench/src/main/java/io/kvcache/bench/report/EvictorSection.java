package io.kvcache.bench.report;

import io.kvcache.bench.io.DiskSpace;
import io.kvcache.bench.jmh.EvictorScanBenchmark;
import java.io.IOException;
import java.util.Collections;
import java.util.List;

/** What the evictor's scan costs, next to a plain walk over the same files. */
final class EvictorSection implements ReportSection {
  private static final long SPARE_BYTES = 64L << 20;

  private static TwoCosts costs(ReportContext context) {
    Stopwatch stopwatch = context.quick() ? new Stopwatch(1, 3) : new Stopwatch(5, 11);
    return new TwoCosts("evictor scan", "plain walk", stopwatch);
  }

  private static List<Integer> files(ReportContext context) {
    return context.quick() ? List.of(100, 500) : List.of(1_000, 5_000, 20_000, 50_000);
  }

  @Override
  public String name() {
    return "evictor";
  }

  @Override
  public String title() {
    return "The evictor's scan";
  }

  @Override
  public Kind kind() {
    return Kind.MEASURED;
  }

  @Override
  public String command(ReportContext context) {
    return "java -cp kvcache-bench.jar io.kvcache.bench.jmh.EvictorScanBenchmark";
  }

  @Override
  public void check(ReportContext context) throws IOException {
    DiskSpace.require(
        context.directory(),
        Collections.max(files(context)),
        0,
        SPARE_BYTES,
        "free some, or name another directory");
  }

  @Override
  public SectionResult run(ReportContext context) throws IOException {
    TwoCosts costs = costs(context);
    TwoCosts.Points points =
        costs.run(
            files(context),
            context.watch(),
            (files, timer) -> {
              EvictorScanBenchmark directory = EvictorScanBenchmark.in(context.directory(), files);
              directory.fill();
              try {
                timer.time(directory::scan, directory::walk);
              } finally {
                directory.empty();
              }
            });
    return costs.result(
        "A pass of the evictor over a directory",
        "files in the directory",
        "files",
        points,
        "What the evictor reads before it knows what to remove, next to a walk that reads size and"
            + " time of the same files, which are empty; the kernel has them in its caches.");
  }
}
