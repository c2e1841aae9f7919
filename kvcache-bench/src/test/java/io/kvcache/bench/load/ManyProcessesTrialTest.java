package io.kvcache.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManyProcessesTrialTest {
  @TempDir Path directory;

  private final StringWriter out = new StringWriter();

  private int run(String options) {
    String[] args = ("--dir " + directory + " " + options).split(" ");
    return ManyProcessesTrial.run(new PrintWriter(out, true), args);
  }

  @Test
  void aShortOneKillsAndFindsNoWrongByte() {
    assertEquals(0, run("--processes 2 --keys 40 --seconds 3 --kill-every-ms 1000"), out::toString);
    assertTrue(out.toString().contains("2 killed"), out::toString);
    assertTrue(out.toString().contains("wrong bytes: 0"), out::toString);
  }

  @Test
  void badSettingsAreRefused() {
    assertEquals(2, run("--processes 0"));
    assertEquals(2, run("--keys 1"));
  }
}
