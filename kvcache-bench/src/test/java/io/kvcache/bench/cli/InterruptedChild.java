package io.kvcache.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The command line in a process of its own, that is asked to end as Ctrl-C asks it: with SIGTERM,
 * because a build that runs in the background has its children ignore SIGINT.
 */
final class InterruptedChild {
  /** What a shell sees of a process that ended on SIGTERM; of Ctrl-C it is 130. */
  private static final int EXIT_CODE = 143;

  private static final long PATIENCE_SECONDS = 60;

  private final Process process;

  InterruptedChild(Path directory, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(arguments));
    process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectError(Redirect.DISCARD)
            .start();
  }

  /** Asks it to end; the one JSON object that it prints before it ends. */
  JsonNode interrupt() throws IOException, InterruptedException {
    try {
      // Process.destroy would close its output too.
      assertTrue(process.toHandle().destroy());
      String out = new String(process.getInputStream().readAllBytes());
      assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
      assertEquals(EXIT_CODE, process.exitValue());
      return new ObjectMapper().readTree(out);
    } finally {
      process.destroyForcibly();
    }
  }
}
