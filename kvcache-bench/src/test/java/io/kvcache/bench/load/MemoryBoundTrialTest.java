package io.kvcache.bench.load;

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

class MemoryBoundTrialTest {
  @TempDir Path directory;

  private final StringWriter out = new StringWriter();

  @BeforeEach
  void needsNativeCode() {
    assumeTrue(LustreStore.unavailable().isEmpty(), () -> LustreStore.unavailable().orElseThrow());
  }

  private int run(String options) {
    String[] args = ("--dir " + directory + " " + options).split(" ");
    return MemoryBoundTrial.run(new PrintWriter(out, true), args);
  }

  @Test
  void aShortOneStaysWithinWhatWasConfiguredAndCleansUp() throws IOException {
    assertEquals(
        0,
        run(
            "--dram-mib 8 --queued-mib 1 --reading-mib 1 --readers 4 --writers 2"
                + " --prompt-chunks 4 --layers 1 --seconds 1 --budget-mib 256"),
        out::toString);
    assertTrue(out.toString().contains("wrong bytes: 0"), out::toString);
    assertTrue(out.toString().contains("direct memory included: at most"), out::toString);
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void badSettingsAreRefused() {
    assertEquals(2, run("--seconds 0"));
    assertEquals(2, run("--dram-mib 1 --layers 64 --prompt-chunks 100"));
  }
}
