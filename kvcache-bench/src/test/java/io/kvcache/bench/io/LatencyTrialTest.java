package io.kvcache.bench.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvcache.lustre.LustreStore;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LatencyTrialTest {
  @TempDir Path directory;

  private final StringWriter out = new StringWriter();

  @BeforeEach
  void needsNativeCode() {
    assumeTrue(LustreStore.unavailable().isEmpty(), () -> LustreStore.unavailable().orElseThrow());
  }

  private int run(String options) {
    String[] args = ("--dir " + directory + " " + options).split(" ");
    return LatencyTrial.run(new PrintWriter(out, true), args);
  }

  @Test
  void aShortOneReadsEveryPieceAndCleansUp() throws IOException {
    assertEquals(
        0,
        run("--workers 4 --delay-ms 1 --image-mib 1 --images 4 --at-once 4 --rounds 1"),
        out::toString);
    assertTrue(out.toString().contains("calls of a pass: 64"), out::toString);
    assertTrue(out.toString().contains("times as fast as 1 worker"), out::toString);
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void badSettingsAreRefused() {
    assertEquals(2, run("--rounds 0"));
    assertEquals(2, run("--workers 0"));
    assertEquals(2, run("--piece-kib 3"));
  }
}
