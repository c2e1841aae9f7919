package io.kvcache.bench.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A JVM like this one; a thread hands over what it prints, line by line. */
final class ChildProcess {
  private static final long PATIENCE_SECONDS = 60;

  private final Process process;
  private final Thread reader;

  /**
   * @param line gets each line that it prints, on a thread of its own
   */
  ChildProcess(Class<?> main, List<String> arguments, Consumer<String> line) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx128m", "-XX:MaxDirectMemorySize=128m", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"));
    command.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    process = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
    reader = new Thread(() -> read(line), "child-" + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  private void read(Consumer<String> line) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String next = lines.readLine(); next != null; next = lines.readLine()) {
        line.accept(next);
      }
    } catch (IOException e) {
      // The process is gone, and its pipe with it.
    }
  }

  /** Whether it still runs. */
  boolean isAlive() {
    return process.isAlive();
  }

  /** SIGKILL; returns when it is gone and all that it printed was handed over. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
    reader.join();
  }

  /**
   * Closes its stdin, which asks it to end, and waits.
   *
   * @return its exit code
   */
  int end() throws InterruptedException, IOException {
    process.getOutputStream().close();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      kill();
      throw new IllegalStateException("a process did not end within " + PATIENCE_SECONDS + " s");
    }
    reader.join();
    return process.exitValue();
  }
}
