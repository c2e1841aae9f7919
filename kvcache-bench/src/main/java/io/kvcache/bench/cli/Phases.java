package io.kvcache.bench.cli;

import io.kvcache.bench.io.RunWatch;
import io.kvcache.lustre.cli.Interruption;
import java.io.PrintWriter;

/** Progress of a run in phases, one after the other, that ends on Ctrl-C. For one thread. */
final class Phases implements AutoCloseable {
  private final String task;
  private final PrintWriter err;
  private final Interruption interruption;
  private Progress progress;

  Phases(String task, PrintWriter err, Interruption interruption) {
    this.task = task;
    this.err = err;
    this.interruption = interruption;
  }

  /** Ends the phase before and begins one of so many steps. */
  RunWatch begin(String phase, long steps) {
    close();
    Progress bar = new Progress(task + ": " + phase, steps, err);
    progress = bar;
    return done -> {
      bar.at(done);
      return !interruption.asked();
    };
  }

  @Override
  public void close() {
    if (progress != null) {
      progress.close();
      progress = null;
    }
  }
}
