package io.kvcache.bench.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
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
  void buffersInHugePagesBeginOnOneAndAreNoShorter() throws Exception {
    Fio fio = new Fio(directory.resolve("fio"), FILE_BYTES, 6, 3, true, true);
    String read = "GLIBC_TUNABLES=glibc.malloc.hugetlb=1 fio --rw=read --bs=%d,4194304 ";
    assertTrue(fio.command("read").startsWith(String.format(read, FILE_BYTES)));
    String write = "GLIBC_TUNABLES=glibc.malloc.hugetlb=1 fio --rw=write --bs=4194304,%d ";
    assertTrue(fio.command("write").startsWith(String.format(write, FILE_BYTES)));
    assertTrue(fio.command("read").contains(" --iomem_align=2097152 "));
    assertEquals(6L * FILE_BYTES, fio.write(RunWatch.NONE).bytes());
    assertEquals(6L * FILE_BYTES, fio.read(RunWatch.NONE).bytes());
  }

  @Test
  void itIsKilledWhenTheRunIsToEnd() throws Exception {
    Fio fio = new Fio(directory.resolve("fio"), 1 << 30, 64, 1, false, false);
    assertThrows(CancellationException.class, () -> fio.write(images -> false));
  }

  @Test
  void aFolderMayHaveAnyName() throws Exception {
    Fio fio = new Fio(directory.resolve("a:b 'c'"), FILE_BYTES, 2, 1, false, false);
    assertEquals(2L * FILE_BYTES, fio.write(RunWatch.NONE).bytes());
    assertEquals(2L * FILE_BYTES, fio.read(RunWatch.NONE).bytes());
  }

  @Test
  void theCommandNamesNoFolderSinceItsOwnIsGoneAfterwards() throws Exception {
    Fio fio = new Fio(directory.resolve("fio"), FILE_BYTES, 6, 3, true, false);
    assertFalse(fio.command("read").contains(directory.toString()), fio.command("read"));
  }

  @Test
  void aFailureIsOneLine() throws Exception {
    Path taken = directory.resolve("fio");
    Fio fio = new Fio(taken, FILE_BYTES, 1, 1, false, false);
    Files.createDirectory(taken.resolve("files.0.0"));
    String why = assertThrows(IOException.class, () -> fio.write(RunWatch.NONE)).getMessage();
    assertEquals(1, why.lines().count(), why);
    assertTrue(why.contains("failed"), why);
  }

  @Test
  void aFailureWhileTheRunIsToEndIsItsEnd() throws Exception {
    Path gone = directory.resolve("fio");
    AtomicInteger asked = new AtomicInteger();
    Fio fio = new Fio(gone, 1 << 30, 64, 1, false, false);
    RunWatch killsFio =
        images -> {
          if (asked.getAndIncrement() == 0) {
            ProcessHandle.current().children().forEach(ProcessHandle::destroyForcibly);
            return true;
          }
          return false;
        };
    assertThrows(CancellationException.class, () -> fio.write(killsFio));
  }
}
