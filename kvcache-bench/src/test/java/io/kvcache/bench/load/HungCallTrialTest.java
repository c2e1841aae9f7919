package io.kvcache.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HungCallTrialTest {
  @TempDir Path directory;

  private final StringWriter out = new StringWriter();

  private int run(String options) {
    String[] args = ("--dir " + directory + " " + options).split(" ");
    return HungCallTrial.run(new PrintWriter(out, true), args);
  }

  @ParameterizedTest
  @ValueSource(strings = {"one", "all"})
  void aShortOneEndsAndFindsNoWrongByte(String hang) {
    String settings = " --threads 3 --dram-mib 12 --times 2 --before 1 --during 1 --after 1";
    assertEquals(0, run("--hang " + hang + settings), out::toString);
    assertTrue(out.toString().contains("wrong bytes: 0"), out::toString);
    assertFalse(out.toString().contains("reads that hung: 0"), out::toString);
  }

  @Test
  void badSettingsAreRefused() {
    assertEquals(2, run("--hang two"));
    assertEquals(2, run("--during 0"));
  }
}
