package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvcache.PromptKeys;
import io.kvcache.fixture.ChildJvm;
import io.kvcache.fixture.PrintMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpeningTest extends StoreTestBase {
  @Test
  void openingReadsNoDirectoryWhateverTheStoreHolds(@TempDir Path elsewhere) throws Exception {
    assumeTrue(canTrace(), "strace cannot trace here");
    PromptKeys keys = prompt(1, 2000);
    makeEmptyFiles(keys, 0, 2000);
    Path trace = elsewhere.resolve("trace");
    try (ChildJvm child =
        ChildJvm.start(
            List.of("strace", "-f", "-y", "-e", "trace=/getdents|mkdir", "-o", trace.toString()),
            List.of("-cp", ChildJvm.classPath(), PrintMode.class.getName(), root.toString()))) {
      child.nextLine();
      assertEquals(store.mode().toString(), child.nextLine());
      assertEquals(0, child.exitCode());
    }
    List<String> calls = Files.readAllLines(trace);
    assertTrue(
        calls.stream().anyMatch(call -> call.contains(root.toString())),
        "the trace saw the store being opened");
    assertEquals(
        List.of(),
        calls.stream()
            .filter(call -> call.contains("getdents") && call.contains(root.toString()))
            .toList());
  }

  private static boolean canTrace() throws InterruptedException {
    try {
      Process probe =
          new ProcessBuilder("strace", "-o", "/dev/null", "-e", "trace=/getdents", "true")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return probe.waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void theTraceWouldShowADirectoryBeingRead(@TempDir Path elsewhere) throws Exception {
    assumeTrue(canTrace(), "strace cannot trace here");
    Path trace = elsewhere.resolve("trace");
    Process listing =
        new ProcessBuilder(
                "strace", "-y", "-e", "trace=/getdents", "-o", trace.toString(), "ls", "" + root)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertEquals(0, listing.waitFor());
    try (Stream<String> lines = Files.lines(trace)) {
      assertTrue(lines.anyMatch(l -> l.contains("getdents") && l.contains("" + root)));
    }
  }
}
