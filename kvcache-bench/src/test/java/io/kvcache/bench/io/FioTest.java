package io.kvcache.bench.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FioTest {
  private static final int FILE_BYTES = 65_536;

  @TempDir Path directory;

  @BeforeEach
  void needsFio() {
    assumeTrue(Fio.unavailable().isEmpty(), () -> Fio.unavailable().orElseThrow());
  }

  @Test
  void filesThatThreadsCannotShareEvenlyAreAllWrittenAndRead() throws Exception {
    Fio fio = new Fio(directory.resolve("fio"), FILE_BYTES, 7, 3, false, false);
    assertEquals(7L * FILE_BYTES, fio.write(RunWatch.NONE).bytes());
    try (Stream<Path> files = Files.list(directory.resolve("fio"))) {
      List<Path> written = files.toList();
      assertEquals(7, written.size(), written::toString);
      for (Path file : written) {
        assertEquals(FILE_BYTES, Files.size(file));
      }
    }
    assertEquals(7L * FILE_BYTES, fio.read(RunWatch.NONE).bytes());
  }

  @Test
  void filesThatAreNotThereAreWrittenBeforeTheyAreRead() throws Exception {
    Fio fio = new Fio(directory.resolve("fio"), FILE_BYTES, 7, 3, false, false);
    assertEquals(7L * FILE_BYTES, fio.read(RunWatch.NONE).bytes());
  }

  @Test
  void theCommandThatIsShownIsTheOneThatIsRun() throws Exception {
    Fio fio = new Fio(directory.resolve("fio"), FILE_BYTES, 6, 3, true, false);
    assertTrue(fio.command("write").startsWith("fio --rw=write "), fio.command("write"));
    assertTrue(fio.command("write").contains("--fallocate=none"), fio.command("write"));
    assertTrue(fio.command("read").endsWith("--name=files --numjobs=3 --nrfiles=2"));
  }

  @Test
  void itIsKilledWhenTheRunIsToEnd() throws Exception {
    Fio fio = new Fio(directory.resolve("fio"), 1 << 30, 64, 1, false, false);
    assertThrows(CancellationException.class, () -> fio.write(images -> false));
  }
}
