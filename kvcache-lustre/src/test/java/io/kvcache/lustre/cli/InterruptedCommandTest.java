package io.kvcache.lustre.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvcache.fixture.ChildJvm;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.StoreFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Commands in a process of their own that is asked to end, as by Ctrl-C or an orchestrator. */
class InterruptedCommandTest extends CommandTestBase {
  private static final int ENDED_BY_SIGTERM = 128 + 15;

  private Process process;
  private BufferedReader lines;

  private void start(String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", ChildJvm.classPath()));
    command.add(Main.class.getName());
    command.addAll(List.of(args));
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    lines = process.inputReader();
  }

  /** SIGTERM, and the end. */
  private void end() throws InterruptedException {
    process.toHandle().destroy(); // unlike its own, leaves the streams open
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it does not end");
    assertEquals(ENDED_BY_SIGTERM, process.exitValue());
  }

  @AfterEach
  void kill() {
    if (process != null) {
      process.destroyForcibly();
    }
  }

  /** The next JSON object; there may be lines about native access before it. */
  private JsonNode nextObject() throws IOException {
    String line = lines.readLine();
    while (!line.startsWith("{")) {
      assertTrue(line.isEmpty() || line.startsWith("WARNING: "), line);
      line = lines.readLine();
    }
    return new ObjectMapper().readTree(line);
  }

  @Test
  void aDaemonSaysEachPassThatRemovedSomethingAndEndsAtSigterm() throws Exception {
    fill(8);
    start(
        "evict",
        root.toString(),
        "--daemon",
        "--interval",
        "1",
        "--high",
        "1e-9",
        "--low",
        "1e-10",
        "--settle",
        "1s",
        "--json");
    assertEquals(8, nextObject().get("deleted").longValue());
    assertEquals(List.of(), StoreFiles.images(root));
    fill(root, Layouts.FULL, 0, 1, 7, 5);
    long deleted = 0;
    while (deleted < 5) {
      deleted += nextObject().get("deleted").longValue();
    }
    assertEquals(5, deleted);
    end();
    assertNull(lines.readLine());
    assertEquals(List.of(), StoreFiles.leftOvers(root));
    assertArrayEquals(new String[0], root.resolve(".owners").toFile().list());
  }

  @Test
  void aVerificationThatIsEndedEarlyPrintsWhatItHas() throws Exception {
    Path namespace = root.resolve("model_0123456789ab_r0");
    makeEmptyImages(namespace.resolve("000"), 40);
    makeEmptyImages(namespace.resolve("001"), 6_000);
    start("verify", root.toString(), "--scan-rate", "2000");
    String line = lines.readLine();
    while (!line.startsWith("corrupt ")) {
      line = lines.readLine();
    }
    end();
    List<String> rest = lines.lines().filter(l -> !l.startsWith("corrupt ")).toList();
    assertTrue(rest.get(0).contains(" corrupt, 0 of those removed"), rest.toString());
    assertEquals("ended early: that is not everything", rest.get(rest.size() - 1));
  }

  private static void makeEmptyImages(Path shard, int count) throws IOException {
    Files.createDirectories(shard);
    for (int i = 0; i < count; i++) {
      Files.createFile(
          shard.resolve(String.format("%s%061x-0.g0", shard.getFileName().toString(), i)));
    }
  }
}
