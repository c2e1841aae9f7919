package io.kvcache.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConcurrentRestoreTrialTest {
  @TempDir Path directory;

  private final StringWriter out = new StringWriter();

  private int run(String options) {
    String[] args = ("--dir " + directory + " " + options).split(" ");
    return ConcurrentRestoreTrial.run(new PrintWriter(out, true), args);
  }

  @Test
  void aShortOneFindsNoWrongByteAndCleansUp() throws Exception {
    assertEquals(
        0,
        run("--requests 4 --dram-mib 4 --prompt-chunks 4 --layers 1 --seconds 1 --rounds 2"),
        out::toString);
    assertTrue(out.toString().contains("wrong bytes: 0"), out::toString);
    assertTrue(out.toString().contains("ratio of bytes from files"), out::toString);
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void badSettingsAreRefused() {
    assertEquals(2, run("--verify some"));
    assertEquals(2, run("--rounds 0"));
  }
}
