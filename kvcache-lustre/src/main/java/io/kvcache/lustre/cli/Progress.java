package io.kvcache.lustre.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Says on stderr how far a run is, a few times a second, from a thread of its own: a bar where the
 * whole is known, else what is done and how fast. Nothing for programs, unless stderr is a
 * terminal, or for runs that are over at once; and it leaves no line behind. Mixed into commands
 * that take long. The one of kvcache-bench is told each step of a known total, and draws with a
 * library that this jar does without.
 */
final class Progress {
  private static final long QUIET_MILLIS = 1_000;
  private static final long INTERVAL_MILLIS = 250;
  private static final int BAR = 30;
  private static final String CLEAR = "\r\033[K";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(names = "--no-progress", description = "Show no progress, not even on a terminal.")
  private boolean unwanted;

  /** Whether anybody would see it. */
  boolean isSeen(Output output) {
    return !unwanted && !output.isJson() && Terminal.showsErrors();
  }

  /**
   * Does the work, and tells how far it is meanwhile, if anybody would see that.
   *
   * @param total the whole; 0 if it is not known
   * @param done how much is done now; asked on another thread
   * @param text spells such an amount
   */
  <T> T during(
      long total, LongSupplier done, LongFunction<String> text, Output output, Supplier<T> work) {
    if (!isSeen(output)) {
      return work.get();
    }
    CountDownLatch ended = new CountDownLatch(1);
    Thread thread = new Thread(() -> show(total, done, text, ended), "progress");
    thread.setDaemon(true);
    thread.start();
    try {
      return work.get();
    } finally {
      ended.countDown();
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void show(
      long total, LongSupplier done, LongFunction<String> text, CountDownLatch ended) {
    PrintWriter err = command.commandLine().getErr();
    long start = System.nanoTime();
    long wait = QUIET_MILLIS;
    try {
      while (!ended.await(wait, TimeUnit.MILLISECONDS)) {
        long nanos = System.nanoTime() - start;
        err.print(CLEAR + line(command.name(), total, done.getAsLong(), nanos, text));
        err.flush();
        wait = INTERVAL_MILLIS;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (wait == INTERVAL_MILLIS) {
      err.print(CLEAR);
      err.flush();
    }
  }

  /** The line as it is shown after so long. */
  static String line(String task, long total, long done, long nanos, LongFunction<String> text) {
    String rate = text.apply((long) (done / Math.max(1e-3, nanos / 1e9))) + "/s";
    if (total <= 0) {
      return String.format(Locale.ROOT, "%s: %s, %s", task, text.apply(done), rate);
    }
    double part = Math.min(1, (double) done / total);
    int full = (int) (part * BAR);
    return String.format(
        Locale.ROOT,
        "%s: [%s%s] %3.0f %%, %s of %s, %s",
        task,
        "#".repeat(full),
        " ".repeat(BAR - full),
        100 * part,
        text.apply(done),
        text.apply(total),
        rate);
  }

  /** Spells a number of directory entries. */
  static String entries(long entries) {
    return String.format(Locale.ROOT, "%,d entries", entries);
  }
}
