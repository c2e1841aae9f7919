package io.kvcache.bench.load;

import io.kvcache.store.DirectoryStore;
import io.kvcache.store.EvictionReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Three processes that share a budget of 2 GiB and nothing else write 6 GiB; what the directory
 * really holds is looked at from outside all the while. Then, with all of them gone, it is filled
 * up and one pass is made. Says what it saw, and ends with status 1 unless
 *
 * <ul>
 *   <li>the usage was never above the budget plus 5 %,
 *   <li>it never fell more than 2 % below the low watermark once eviction had begun,
 *   <li>the last pass stopped within 2 % of the low watermark,
 *   <li>no chunk was removed that was stamped more than one interval after the oldest that stayed.
 * </ul>
 *
 * <pre>{@code
 * java -Xmx512m -cp kvcache-bench/target/kvcache-bench.jar \
 *     io.kvcache.bench.load.SharedBudgetTrial DIR [BUDGET_MIB 2048] [PROCESSES 3] [WRITTEN_MIB 6144]
 * }</pre>
 *
 * DIR must not exist; it is removed at the end.
 */
public final class SharedBudgetTrial {
  private static final double HIGH = 0.85;
  private static final double LOW = 0.70;

  private final Path directory;
  private final long budget;
  private final int processes;
  private final long writtenBytes;
  private boolean passed = true;

  private SharedBudgetTrial(Path directory, long budget, int processes, long writtenBytes) {
    this.directory = directory;
    this.budget = budget;
    this.processes = processes;
    this.writtenBytes = writtenBytes;
  }

  /** See the class. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Path directory = Path.of(args[0]).toAbsolutePath();
    if (Files.exists(directory)) {
      throw new IllegalArgumentException(directory + " exists: name a directory to be made");
    }
    SharedBudgetTrial trial =
        new SharedBudgetTrial(
            directory,
            argument(args, 1, 2048) << 20,
            (int) argument(args, 2, 3),
            argument(args, 3, 6144) << 20);
    try {
      trial.run();
    } finally {
      remove(directory);
    }
    System.exit(trial.passed ? 0 : 1);
  }

  private static long argument(String[] args, int i, long otherwise) {
    return args.length > i ? Long.parseLong(args[i]) : otherwise;
  }

  private void run() throws IOException, InterruptedException {
    long start = System.nanoTime();
    DirectoryWatch watch = new DirectoryWatch(directory, (long) (budget * HIGH));
    List<Process> writers = start(writtenBytes / processes);
    try {
      while (writers.stream().anyMatch(Process::isAlive)) {
        watch.look();
      }
    } finally {
      writers.forEach(Process::destroyForcibly);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    for (Process writer : writers) {
      check("a writer ended well", writer.exitValue() == 0);
    }
    System.out.printf(
        "%d looks in %.1f s: usage at most %.3f of the budget, and at least %.3f after that%n",
        watch.looks(),
        seconds,
        (double) watch.most() / budget,
        (double) watch.leastAfterHigh() / budget);
    check("never above the budget plus 5 %", watch.most() <= budget * 1.05);
    check("never 2 % below the low watermark", watch.leastAfterHigh() >= (LOW - 0.02) * budget);
    System.out.printf(
        "a chunk was removed at most %d ms younger than one that stayed, the interval is %d ms%n",
        watch.worstOrderMillis(), BudgetTrialWriter.STAMP_INTERVAL.toMillis());
    check(
        "the coldest went first",
        watch.worstOrderMillis() <= BudgetTrialWriter.STAMP_INTERVAL.toMillis());
    lastPass();
  }

  private List<Process> start(long bytesEach) throws IOException {
    List<Process> writers = new ArrayList<>();
    for (int w = 0; w < processes; w++) {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-Xmx256m", "-XX:MaxDirectMemorySize=512m"));
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.add(BudgetTrialWriter.class.getName());
      command.addAll(List.of(directory.toString(), "" + budget, "" + w, "" + bytesEach));
      writers.add(
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.INHERIT)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start());
    }
    return writers;
  }

  private void lastPass() throws IOException {
    try (DirectoryStore store =
        DirectoryStore.builder(directory).stampInterval(BudgetTrialWriter.STAMP_INTERVAL).open()) {
      BudgetTrialWriter.fillUp(store, () -> DirectoryWatch.usage(directory) > HIGH * budget);
      DirectoryWatch watch = new DirectoryWatch(directory, Long.MAX_VALUE);
      watch.look();
      EvictionReport report = store.evict(budget, HIGH, LOW, false);
      long usage = watch.look();
      System.out.printf(
          "last pass: %.4f of the budget is left, %s%n", 1.0 * usage / budget, report);
      check("within 2 % of the low watermark", Math.abs(usage - LOW * budget) <= 0.02 * budget);
      check(
          "the coldest went first",
          watch.worstOrderNowMillis() <= BudgetTrialWriter.STAMP_INTERVAL.toMillis());
      try (Stream<Path> files = Files.walk(directory)) {
        long temporary = files.filter(f -> f.getFileName().toString().matches("\\..*-.*")).count();
        check("no temporary file is left", temporary == 0);
      }
    }
  }

  private void check(String what, boolean holds) {
    System.out.println((holds ? "ok    " : "FAILED ") + what);
    passed &= holds;
  }

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
