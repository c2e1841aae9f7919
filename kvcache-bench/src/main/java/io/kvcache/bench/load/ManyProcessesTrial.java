package io.kvcache.bench.load;

import io.kvcache.KvCache;
import io.kvcache.bench.io.TemporaryFolder;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.EvictionReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Processes that share a directory and die: each serves random prompts of the same few, every byte
 * compared, and every two seconds one is killed with SIGKILL, in whatever it was doing, and another
 * is started. They keep a budget that their keys do not fit into, so evictors run all the time. In
 * the end one process more makes a pass of the evictor, and reads all that is left. Counts wrong
 * bytes, exceptions out of the library, and temporary files that the dead left behind, before and
 * after that pass.
 *
 * <pre>{@code
 * java -cp kvcache-bench/target/kvcache-bench.jar \
 *     io.kvcache.bench.load.ManyProcessesTrial --dir /mnt/disk --seconds 60
 * }</pre>
 */
@Command(name = "ManyProcessesTrial", mixinStandardHelpOptions = true)
public final class ManyProcessesTrial implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--dir", required = true, description = "A directory on the disk to use.")
  private Path directory;

  @Option(names = "--processes", defaultValue = "8", description = "Default ${DEFAULT-VALUE}.")
  private int processes;

  @Option(names = "--keys", defaultValue = "2000", description = "Default ${DEFAULT-VALUE}.")
  private int keys;

  @Option(names = "--seconds", defaultValue = "60", description = "Default ${DEFAULT-VALUE}.")
  private int seconds;

  @Option(
      names = "--kill-every-ms",
      defaultValue = "2000",
      description = "Default ${DEFAULT-VALUE}.")
  private int killEveryMillis;

  private final LongAdder requests = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder wrong = new LongAdder();
  private final List<String> thrown = Collections.synchronizedList(new ArrayList<>());
  private int killed;
  private int diedThemselves;

  private ManyProcessesTrial() {}

  /** Runs the trial, and ends the JVM: 1 if a byte was wrong or something was thrown. */
  public static void main(String[] args) {
    System.exit(run(new PrintWriter(System.out, true), args));
  }

  /** Runs the trial from this JVM. */
  static int run(PrintWriter out, String... args) {
    return Trials.execute(new CommandLine(new ManyProcessesTrial()), out, args);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Trials.require(processes > 0 && seconds > 0 && killEveryMillis > 0, "1 at least of each");
    Trials.require(
        keys >= KilledChild.PROMPT_CHUNKS, "--keys: " + KilledChild.PROMPT_CHUNKS + " at least");
    int prompts = keys / KilledChild.PROMPT_CHUNKS;
    PrintWriter out = spec.commandLine().getOut();
    long left;
    try (TemporaryFolder work = TemporaryFolder.in(directory)) {
      run(work.path(), prompts);
      long before = temporaryFiles(work.path());
      EvictionReport pass = pass(work.path());
      long temporary = temporaryFiles(work.path());
      left = temporary;
      long unread = readAll(work.path(), prompts);
      out.printf(
          "%d processes, %d killed: %,d requests, %,d bytes restored and compared%n",
          processes, killed, requests.sum(), bytes.sum());
      thrown.stream().distinct().limit(10).forEach(out::println);
      out.printf(
          "images %,d, %,d bytes of a budget of %,d, before the last pass%n",
          pass.scanned(), pass.usageBefore(), KilledChild.BUDGET_BYTES);
      out.printf("temporary files of the dead: %d, after a pass %d%n", before, temporary);
      out.printf("chunks that were evicted, or not written, in the end: %d%n", unread);
      out.printf("processes that ended by themselves: %d%n", diedThemselves);
      out.printf("exceptions: %d%n", thrown.size());
      out.printf("wrong bytes: %d%n", wrong.sum());
    }
    return wrong.sum() == 0 && left == 0 && thrown.isEmpty() && diedThemselves == 0 ? 0 : 1;
  }

  private void run(Path root, int prompts) throws IOException, InterruptedException {
    List<ChildProcess> children = new ArrayList<>();
    try {
      for (int i = 0; i < processes; i++) {
        children.add(start(root, prompts));
      }
      SplittableRandom random = new SplittableRandom();
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
      while (end - System.nanoTime() > TimeUnit.MILLISECONDS.toNanos(killEveryMillis)) {
        Thread.sleep(killEveryMillis);
        int victim = random.nextInt(processes);
        diedThemselves += children.get(victim).isAlive() ? 0 : 1;
        children.get(victim).kill();
        killed++;
        children.set(victim, start(root, prompts));
      }
      Thread.sleep(Math.max(0, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
      for (ChildProcess child : children) {
        diedThemselves += child.end() == 0 ? 0 : 1;
      }
    } finally {
      for (ChildProcess child : children) {
        child.kill();
      }
    }
  }

  private ChildProcess start(Path root, int prompts) throws IOException {
    return new ChildProcess(
        KilledChild.class, List.of(root.toString(), String.valueOf(prompts)), this::heard);
  }

  private void heard(String line) {
    String[] words = line.split(" ");
    if (line.startsWith("DID ") && words.length == 4) {
      requests.add(Long.parseLong(words[1]));
      bytes.add(Long.parseLong(words[2]));
      wrong.add(Long.parseLong(words[3]));
    } else if (line.startsWith("THREW ")) {
      thrown.add(line);
    }
  }

  private static EvictionReport pass(Path root) {
    try (DirectoryStore store = KilledChild.open(root)) {
      return store.evict(KilledChild.BUDGET_BYTES, 0.85, 0.70, false);
    }
  }

  /** Hidden files beside the images; nobody writes any more. */
  private static long temporaryFiles(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> !file.startsWith(root.resolve(".owners")))
          .filter(file -> file.getFileName().toString().startsWith("."))
          .count();
    }
  }

  /** Restores every prompt; returns the chunks that did not come. */
  private long readAll(Path root, int count) {
    Totals totals = new Totals();
    Prompts prompts = new Prompts(KilledChild.LAYOUT, count, KilledChild.PROMPT_CHUNKS);
    try (DirectoryStore store = KilledChild.open(root);
        KvCache cache = KilledChild.build(store)) {
      Requests load = new Requests(cache, prompts, true);
      for (int prompt = 0; prompt < count; prompt++) {
        totals.accept(load.serve(prompt));
      }
    }
    requests.add(totals.requests.sum());
    bytes.add(totals.bytes.sum());
    wrong.add(totals.wrong.sum());
    return totals.stored.sum();
  }
}
