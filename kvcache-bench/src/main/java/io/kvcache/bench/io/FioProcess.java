package io.kvcache.bench.io;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;

/**
 * fio as a process that ends with the run, and not before: Ctrl-C on a terminal goes to a whole
 * group of processes, so fio is started in a session of its own where {@code setsid} exists. It
 * does not outlive this JVM, unless that is killed by SIGKILL.
 */
final class FioProcess {
  private static final long WATCH_MILLIS = 50;
  private static final boolean CAN_BE_APART = isOnPath("setsid");

  /** How fio says that it ends because of a signal; its exit status may be 0 then. */
  private static final String SIGNALLED = "fio: terminating on signal";

  private FioProcess() {}

  private static boolean isOnPath(String program) {
    String path = System.getenv("PATH");
    return path != null
        && Arrays.stream(path.split(File.pathSeparator))
            .anyMatch(folder -> new File(folder, program).canExecute());
  }

  /**
   * Runs fio in a directory, where its files go.
   *
   * @return what it printed
   * @throws IOException if it failed, with the first line of what it says
   * @throws CancellationException if the watch said so, or this JVM is about to end
   */
  static String run(
      List<String> arguments, Map<String, String> environment, Path directory, RunWatch watch)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile(directory, "output", ".json");
    Path errors = Files.createTempFile(directory, "errors", ".txt");
    try {
      ProcessBuilder fio =
          new ProcessBuilder(apart(arguments))
              .directory(directory.toFile())
              .redirectError(errors.toFile())
              .redirectOutput(output.toFile());
      fio.environment().putAll(environment);
      Process process = fio.start();
      boolean goesOn = await(process, watch);
      String said = Files.readString(output);
      int status = process.exitValue();
      if (said.contains(SIGNALLED) || status != 0 && !(goesOn && watch.goOn(0))) {
        throw new CancellationException("ended with fio");
      }
      if (status != 0) {
        String why = FioRun.firstLine(Files.readString(errors) + said);
        throw new IOException(
            String.join(" ", arguments) + " failed with exit status " + status + ": " + why);
      }
      return said;
    } finally {
      Files.delete(output);
      Files.delete(errors);
    }
  }

  private static List<String> apart(List<String> arguments) {
    List<String> all = new ArrayList<>(arguments);
    if (CAN_BE_APART) {
      // No child of a JVM leads a group, so setsid becomes fio and does not start another process.
      all.add(0, "setsid");
    }
    return all;
  }

  /** Whether this JVM goes on; if not, fio may have been killed. */
  private static boolean await(Process process, RunWatch watch) throws InterruptedException {
    Thread end = new Thread(process::destroyForcibly, "end fio");
    boolean goesOn = atJvmsEnd(end);
    try {
      while (goesOn && !process.waitFor(WATCH_MILLIS, TimeUnit.MILLISECONDS)) {
        if (!watch.goOn(0)) {
          throw new CancellationException("ended while fio was running");
        }
      }
    } finally {
      // Only where it still runs: nobody may write to files that are about to be removed.
      process.destroyForcibly().waitFor();
      goesOn = goesOn && noMoreAtJvmsEnd(end);
    }
    return goesOn;
  }

  private static boolean atJvmsEnd(Thread hook) {
    try {
      Runtime.getRuntime().addShutdownHook(hook);
      return true;
    } catch (IllegalStateException e) {
      return false; // it is ending already
    }
  }

  private static boolean noMoreAtJvmsEnd(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }
}
