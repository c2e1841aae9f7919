package io.kvcache.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.report.FakeSection;
import io.kvcache.bench.report.Kind;
import io.kvcache.fixture.ChildJvm;
import io.kvcache.lustre.cli.CommandRunner;
import java.io.BufferedReader;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A report in a process of its own that is asked to end, as by Ctrl-C. */
class InterruptedReportTest {
  @TempDir Path folder;

  /** That process: its second section goes on until it is stopped. */
  static final class Main {
    private Main() {}

    /** Takes the report's options. */
    public static void main(String[] args) {
      FakeSection endless =
          new FakeSection(
              "endless",
              Kind.MEASURED,
              context -> {
                RunWatch watch = context.watch().phase("work", 1);
                System.out.println("working");
                while (watch.goOn(0)) {
                  Thread.onSpinWait();
                }
                throw new CancellationException("nothing yet");
              });
      CommandRunner.run(
          new ReportCommand(
              List.of(
                  FakeSection.working("first", Kind.MEASURED),
                  endless,
                  FakeSection.working("last", Kind.MODELLED))),
          new PrintWriter(System.out, true),
          new PrintWriter(System.err, true),
          args);
    }
  }

  @Test
  void whatHasEndedIsInTheFilesOfAReportThatIsEnded() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                ChildJvm.classPath(),
                Main.class.getName(),
                "--out",
                folder.toString())
            .redirectErrorStream(true)
            .start();
    try {
      BufferedReader lines = process.inputReader();
      String line = lines.readLine();
      while (!"working".equals(line)) {
        assertFalse(line == null, "it ended by itself");
        line = lines.readLine();
      }
      process.toHandle().destroy(); // SIGTERM: a build in the background has SIGINT ignored
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it does not end");
    } finally {
      process.destroyForcibly();
    }
    JsonNode results = new ObjectMapper().readTree(folder.resolve("results.json").toFile());
    assertFalse(results.get("complete").booleanValue());
    assertEquals(
        List.of("null", "interrupted", "not run"),
        results.get("sections").findValues("problem").stream().map(JsonNode::asText).toList());
    String page = Files.readString(folder.resolve("report.html"));
    assertTrue(page.contains("1 of 3 sections were not run.") && page.contains("first"), page);
  }
}
