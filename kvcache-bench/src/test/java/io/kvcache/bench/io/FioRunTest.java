package io.kvcache.bench.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class FioRunTest {
  /** What fio 3.33 prints of 30 files of 4 MiB on four threads, cut down to what is read. */
  private static final String WRITE =
      """
      more: Laying out IO files (8 files / total 32MiB)
      {
        "fio version" : "fio-3.33",
        "jobs" : [
          {
            "jobname" : "more",
            "groupid" : 0,
            "error" : 0,
            "job options" : { "name" : "files", "numjobs" : "2" },
            "read" : { "io_bytes" : 0, "bw_bytes" : 0, "runtime" : 0 },
            "write" : { "io_bytes" : 125829120, "bw_bytes" : 2926258604, "runtime" : 43 },
            "job_runtime" : 149,
            "usr_cpu" : 6.711409,
            "sys_cpu" : 3.355705
          }
        ]
      }
      """;

  @Test
  void throughputIsThatOfAllThreadsAndProcessorTimeTheirSum() throws IOException {
    Measured run = FioRun.parse(WRITE, "write");
    assertEquals(125_829_120, run.bytes());
    assertEquals(2926.258604, run.mbPerSecond(), 1e-6);
    assertEquals(0.043, run.seconds(), 1e-6);
    assertEquals(0.015, run.cpuSeconds(), 1e-6, "10.067 % of 149 ms");
    assertEquals(0.128, run.cpuSecondsPerGib(), 1e-6);
  }

  @Test
  void aRunThatMovedNothingIsAFailure() {
    String message =
        assertThrows(IOException.class, () -> FioRun.parse(WRITE, "read")).getMessage();
    assertTrue(message.startsWith("fio did not read"), message);
    assertThrows(
        IOException.class,
        () -> FioRun.parse(WRITE.replace("\"error\" : 0", "\"error\" : 28"), "write"));
  }

  @Test
  void whatIsNoJsonIsShown() {
    String message =
        assertThrows(IOException.class, () -> FioRun.parse("fio: bad option", "write"))
            .getMessage();
    assertTrue(message.contains("fio: bad option"), message);
  }
}
