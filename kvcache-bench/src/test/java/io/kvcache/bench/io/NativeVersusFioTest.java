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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeVersusFioTest {
  @TempDir Path directory;

  private final StringWriter out = new StringWriter();

  private int run(String options) {
    String[] args = ("--dir " + directory + " " + options).split(" ");
    return NativeVersusFio.run(new PrintWriter(out, true), args);
  }

  @Test
  void filesOfEachStoreAreReadByTheOther() throws IOException {
    assumeTrue(LustreStore.unavailable().isEmpty(), () -> LustreStore.unavailable().orElseThrow());
    assertEquals(0, run("--mib 1 --pass-mib 4 --threads 3 --rounds 1"), out::toString);
    String said = out.toString();
    assertTrue(said.contains("written by lustre, read by nio: 4 of 4 images right"), said);
    assertTrue(said.contains("written by nio, read by lustre: 4 of 4 images right"), said);
    assertTrue(said.contains("lustre / nio: write"), said);
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void badSettingsAreRefused() {
    assertEquals(2, run("--mib 0"));
    assertEquals(2, run("--threads 0"));
    assertEquals(2, run("--rounds 0"));
  }
}
