package io.kvcache.bench.load;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;

/** What the trials share. */
public final class Trials {
  private static final int BAD_INPUT = 2;

  private Trials() {}

  /** Runs a trial: 0, or 1 if it found something wrong, or 2 for bad input with one line. */
  public static int execute(CommandLine trial, PrintWriter out, String... args) {
    return trial
        .setOut(out)
        .setExecutionExceptionHandler(
            (e, failed, parsed) -> {
              if (e instanceof IllegalArgumentException) {
                failed.getErr().println(failed.getCommandName() + ": " + e.getMessage());
                return BAD_INPUT;
              }
              throw e;
            })
        .execute(args);
  }

  /** Refuses settings. */
  public static void require(boolean right, String what) {
    if (!right) {
      throw new IllegalArgumentException(what);
    }
  }

  /** The middle one; of an even number the upper of the two. */
  public static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }
}
