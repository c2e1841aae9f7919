package io.kvcache.bench.cli;

import io.kvcache.lustre.cli.Terminal;
import java.io.PrintWriter;
import java.time.Duration;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/**
 * Says on stderr how far a run is, if it takes more than two seconds: a bar on a terminal, else a
 * line now and then. For one thread, which says itself at each step how far it is of a known total.
 * The admin command line has a class of that name for what it has instead: a count that is asked
 * for, often of no known total, and a small jar without this library's bar.
 */
final class Progress implements AutoCloseable {
  private static final long QUIET_NANOS = 2_000_000_000L;
  private static final long LINE_INTERVAL_NANOS = 10_000_000_000L;

  /** Given, because the library would ask its terminal, which takes Ctrl-C away from the JVM. */
  private static final int COLUMNS = 79;

  private final String task;
  private final long total;
  private final PrintWriter err;
  private final boolean terminal = Terminal.showsErrors();
  private final long start = System.nanoTime();
  private long nextLine = start + LINE_INTERVAL_NANOS;
  private ProgressBar bar;

  /**
   * @param task what is running, in a word
   * @param total steps of the whole run
   * @param err where lines go; the bar goes to the process's stderr
   */
  Progress(String task, long total, PrintWriter err) {
    this.task = task;
    this.total = total;
    this.err = err;
  }

  /** That many steps are done. */
  void at(long done) {
    if (bar != null) {
      bar.stepTo(done);
      return;
    }
    long now = System.nanoTime();
    if (terminal && now - start > QUIET_NANOS) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(task)
              .setInitialMax(total)
              .startsFrom(done, Duration.ofNanos(now - start))
              .setConsumer(new ConsoleProgressBarConsumer(System.err, COLUMNS))
              .build();
    } else if (!terminal && now - nextLine > 0) {
      nextLine = now + LINE_INTERVAL_NANOS;
      err.printf("%s: %,d of %,d%n", task, done, total);
      err.flush();
    }
  }

  /** Leaves the bar as it is, with the cursor behind it. */
  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
