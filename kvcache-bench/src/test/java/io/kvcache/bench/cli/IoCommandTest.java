package io.kvcache.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvcache.bench.io.Fio;
import io.kvcache.lustre.LustreStore;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IoCommandTest {
  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String options) {
    String[] args = ("io " + options.replace("FOLDER", folder.toString())).split(" ");
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }

  private JsonNode json(String options) throws IOException {
    assertEquals(0, run(options + " --json"), err::toString);
    assertEquals(1, out.toString().lines().count(), out::toString);
    return new ObjectMapper().readTree(out.toString());
  }

  private void assertNothingIsLeft() throws IOException {
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void newFilesAreWrittenReadBackAndVerified() throws IOException {
    JsonNode result = json("--dir FOLDER --chunk-bytes 65536 --chunks 10 --threads 4 --rounds 2");
    assertTrue(result.get("effective_mode").textValue().matches("DIRECT|BUFFERED"));
    assertTrue(result.get("write_mb_per_s").doubleValue() > 0);
    assertTrue(result.get("read_mb_per_s").doubleValue() > 0);
    assertEquals(10, result.get("verified_chunks").intValue());
    assertEquals(2, result.get("rounds").intValue());
    assertTrue(result.get("checksum_cpu_seconds_per_gib").doubleValue() > 0);
    assertNothingIsLeft();
  }

  @Test
  void fioRunsBesideItAndItsCommandIsPrinted() throws IOException {
    assumeTrue(Fio.unavailable().isEmpty(), () -> Fio.unavailable().orElseThrow());
    JsonNode result = json("--dir FOLDER --chunk-bytes 1048576 --chunks 7 --threads 2 --rounds 1");
    assertTrue(result.get("fio_write_mb_per_s").doubleValue() > 0);
    assertTrue(result.get("fio_read_mb_per_s").doubleValue() > 0);
    assertTrue(result.get("fio_missing").isNull());
    String command = result.get("fio_write_command").textValue();
    assertTrue(command.contains("fio --rw=write --bs="), command);
    assertTrue(command.contains(" --filesize=1048576 "), command);
    assertTrue(command.contains("--ioengine=psync"), command);
  }

  @Test
  void withoutFioItSaysWhy() throws IOException {
    assumeTrue(Fio.unavailable().isPresent(), "fio is installed");
    JsonNode result = json("--dir FOLDER --chunk-bytes 8192 --chunks 1 --threads 1 --rounds 1");
    assertTrue(result.get("fio_read_mb_per_s").isNull());
    assertTrue(result.get("fio_missing").textValue().contains("not installed"));
  }

  @Test
  void aDirectoryThatDidNotExistIsMadeAndRemoved() throws IOException {
    json("--dir FOLDER/new --chunk-bytes 8192 --chunks 3 --threads 1 --rounds 1");
    assertNothingIsLeft();
  }

  @Test
  void readsFromMemoryAreNotCalledCold() throws IOException {
    Path memory = Path.of("/dev/shm");
    assumeTrue(Files.isWritable(memory) && Files.getFileStore(memory).type().equals("tmpfs"));
    Path mine = Files.createTempDirectory(memory, "io-command");
    try {
      JsonNode result = json("--dir " + mine + " --chunk-bytes 8192 --chunks 2 --threads 1");
      assertTrue(result.get("not_cold").textValue().contains("tmpfs"), result::toString);
    } finally {
      Files.delete(mine);
    }
  }

  @Test
  void theNativeStoreIsMeasuredToo() throws IOException {
    assumeTrue(LustreStore.unavailable().isEmpty(), () -> LustreStore.unavailable().orElseThrow());
    JsonNode result =
        json("--store lustre --dir FOLDER --chunk-bytes 65536 --chunks 5 --threads 2 --rounds 1");
    assertEquals("lustre", result.get("store").textValue());
    assertEquals(5, result.get("verified_chunks").intValue());
  }

  @Test
  void moreThreadsThanChunksAreFine() throws IOException {
    JsonNode result = json("--dir FOLDER --chunk-bytes 8192 --chunks 2 --threads 16 --rounds 1");
    assertEquals(2, result.get("verified_chunks").intValue());
  }

  @Test
  void peopleReadATable() {
    assertEquals(0, run("--dir FOLDER --chunk-bytes 8192 --chunks 2 --threads 1 --rounds 1"));
    assertTrue(out.toString().contains("write, MB/s"), out::toString);
    assertTrue(out.toString().contains("verified chunks"), out::toString);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--chunk-bytes 8192 --chunks 1 --threads 1 | --dir",
        "--dir FOLDER --chunks 1 --threads 1 | --chunk-bytes",
        "--dir FOLDER --chunk-bytes 8192 --threads 1 | --chunks",
        "--dir FOLDER --chunk-bytes 8192 --chunks 1 | --threads",
        "--dir FOLDER --chunk-bytes 4096 --chunks 1 --threads 1 | images of 4096 bytes",
        "--dir FOLDER --chunk-bytes 10000 --chunks 1 --threads 1 | a multiple of 4096",
        "--dir FOLDER --chunk-bytes 2147483648 --chunks 1 --threads 1 | to 1073741824",
        "--dir FOLDER --chunk-bytes 4MiB --chunks 1 --threads 1 | 4MiB",
        "--dir FOLDER --chunk-bytes 8192 --chunks 0 --threads 1 | 0 images",
        "--dir FOLDER --chunk-bytes 8192 --chunks 1 --threads 0 | 0 threads: from 1 to 512",
        "--dir FOLDER --chunk-bytes 8192 --chunks 1 --threads 513 | 513 threads",
        "--dir FOLDER --chunk-bytes 8192 --chunks 1 --threads 1 --rounds 0 | 0 rounds",
        "--dir FOLDER --chunk-bytes 8192 --chunks 1 --threads 1 --rounds 2147483647 | from 1 to 1000",
        "--dir FOLDER/a/b/c --chunk-bytes 1073741824 --chunks 9000000 --threads 1 | fewer or smaller",
        "--dir FOLDER --chunk-bytes 8192 --chunks 1 --threads 1 --store s3 | --store s3: nio or lustre",
        "--dir FOLDER --chunk-bytes 1073741824 --chunks 9000000 --threads 1 | fewer or smaller",
        "--dir FOLDER --chunk-bytes 8192 --chunks 1 --threads 1 --memory ram | --memory ram: jvm or large",
        "--dir FOLDER --chunk-bytes 1073741824 --chunks 3 --threads 3 --memory jvm | MaxDirectMemorySize",
        "--dir /dev/null --chunk-bytes 8192 --chunks 1 --threads 1 | --dir /dev/null",
        "--dir /dev/null/x --chunk-bytes 8192 --chunks 1 --threads 1 | --dir /dev/null/x",
      })
  void badInputIsOneLineAndExitCodeTwo(String options, String expected) throws IOException {
    assertEquals(2, run(options), err::toString);
    assertEquals("", out.toString());
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(err.toString().contains(expected), err::toString);
    assertNothingIsLeft();
  }
}
