package io.kvcache.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvcache.bench.replay.TraceFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplayCommandTest {
  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private String trace;

  @BeforeEach
  void writeTrace() throws IOException {
    trace =
        new TraceFile().request(0, 8, 4, 1, 2).request(1, 14, 0, 1, 2, 7).write(folder).toString();
  }

  private int run(String options) {
    List<String> args = new ArrayList<>(List.of("replay"));
    for (String option : options.strip().split(" ")) {
      args.add(option.replace("TRACE", trace).replace("FOLDER", folder.toString()));
    }
    return Main.run(
        new PrintWriter(out, true), new PrintWriter(err, true), args.toArray(String[]::new));
  }

  private JsonNode json(String options) throws IOException {
    out.getBuffer().setLength(0);
    assertEquals(0, run("--json --trace TRACE --trace-block-tokens 4 --policy lru " + options));
    assertEquals("", err.toString());
    assertEquals(1, out.toString().lines().count(), out::toString);
    return new ObjectMapper().readTree(out.toString());
  }

  @Test
  void thePolicyAloneIsReplayedByDefault() throws IOException {
    JsonNode result = json("--capacity-blocks 10");
    List<String> fields = new ArrayList<>();
    result.fieldNames().forEachRemaining(fields::add);
    assertEquals(
        List.of(
            "requests",
            "prompt_tokens",
            "hit_tokens",
            "hit_ratio",
            "dram_hit_ratio",
            "saved_flops_ratio",
            "evictions",
            "file_writes",
            "bytes_verified",
            "bytes_wrong"),
        fields);
    assertEquals(2, result.get("requests").intValue());
    assertEquals(22, result.get("prompt_tokens").intValue());
    assertEquals(12, result.get("hit_tokens").intValue(), "outputs are inferred");
    assertEquals(12.0 / 22, result.get("hit_ratio").doubleValue());
    assertEquals(0, result.get("file_writes").intValue());
  }

  @Test
  void outputsAndRangeAreTaken() throws IOException {
    JsonNode result = json("--capacity-blocks 10 --outputs none --from 1 --to 2");
    assertEquals(1, result.get("requests").intValue());
    assertEquals(8, result.get("hit_tokens").intValue());
  }

  @Test
  void realBytesGoThroughADirectory() throws IOException {
    JsonNode result = json("--capacity-blocks 3 --bytes-per-token 10 --dir FOLDER/kv");
    assertEquals(3, result.get("file_writes").intValue());
    assertEquals(120, result.get("bytes_verified").intValue());
    assertEquals(0, result.get("bytes_wrong").intValue());
    assertTrue(Files.isDirectory(folder.resolve("kv")));
  }

  @Test
  void filesBehindMemoryAreReplayedByPolicyToo() throws IOException {
    JsonNode result = json("--capacity-blocks 1 --file-blocks 10 --write-policy write-through");
    assertEquals(12, result.get("hit_tokens").intValue());
    assertEquals(4.0 / 22, result.get("dram_hit_ratio").doubleValue());
    assertEquals(3, result.get("file_writes").intValue());
    assertEquals(0, result.get("bytes_verified").intValue());
  }

  @Test
  void severalThreadsServeTheRequestsOfADirectory() throws IOException {
    JsonNode result = json("--capacity-blocks 30 --threads 3 --bytes-per-token 10 --dir FOLDER/kv");
    assertEquals(2, result.get("requests").intValue());
    assertEquals(3, result.get("file_writes").intValue());
    assertEquals(0, result.get("bytes_wrong").intValue());
  }

  @Test
  void peopleReadALinePerFigure() {
    run("--trace TRACE --trace-block-tokens 4 --policy lru --capacity-blocks 10");
    assertTrue(out.toString().contains("hit ratio"), out::toString);
    assertEquals(10, out.toString().lines().count());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--trace /no/such/file --policy lru --capacity-blocks 1 | there is no such file",
        "--trace FOLDER --policy lru --capacity-blocks 1 | cannot be read",
        "--policy lru --capacity-blocks 1 | --trace",
        "--trace TRACE --capacity-blocks 1 | --policy",
        "--trace TRACE --policy lru | --capacity-blocks",
        "--trace TRACE --policy fifo --capacity-blocks 1 | --policy fifo: the only policy is lru",
        "--trace TRACE --policy lru --capacity-blocks 0 | --capacity-blocks 0: 1 at least",
        "--trace TRACE --policy lru --capacity-blocks -7 | --capacity-blocks -7",
        "--trace TRACE --policy lru --capacity-blocks many | many",
        "--trace TRACE --policy lru --capacity-blocks 1 --trace-block-tokens 0 | block-tokens 0",
        "--trace TRACE --policy lru --capacity-blocks 1 --trace-block-tokens 2 | trace.jsonl, line 1",
        "--trace TRACE --policy lru --capacity-blocks 1 --outputs all | --outputs all",
        "--trace TRACE --policy lru --capacity-blocks 1 --from 1 --to 1 | from 1 to 1",
        "--trace TRACE --policy lru --capacity-blocks 1 --from 2 | from 2 to 2",
        "--trace TRACE --policy lru --capacity-blocks 1 --from -1 | from -1",
        "--trace TRACE --policy lru --capacity-blocks 1 --to 3 | 0 to 2",
        "--trace TRACE --policy lru --capacity-blocks 1 --dir FOLDER/kv | --bytes-per-token",
        "--trace TRACE --policy lru --capacity-blocks 1 --bytes-per-token 1 | --dir",
        "--trace TRACE --policy lru --capacity-blocks 1 --bytes-per-token -1 --dir FOLDER/kv | -1",
        "--trace TRACE --policy lru --capacity-blocks 1 --bytes-per-token 1 --dir TRACE | no directory",
        "--trace TRACE --policy lru --capacity-blocks 9 --bytes-per-token 2000000000 --dir FOLDER/kv"
            + " | image",
        "--trace TRACE --policy lru --capacity-blocks 2147483647 --bytes-per-token 1 --dir FOLDER/kv"
            + " | MaxDirectMemorySize",
        "--trace TRACE --policy lru --capacity-blocks 1 --file-blocks 0 | --file-blocks 0: 1 at least",
        "--trace TRACE --policy lru --capacity-blocks 1 --write-policy back"
            + " | --write-policy back: the only write policy is write-through",
        "--trace TRACE --policy lru --capacity-blocks 1 --threads 2 | --threads 2 without --dir",
        "--trace TRACE --policy lru --capacity-blocks 1 --threads 0 | --threads 0: 1 at least",
      })
  void badInputIsOneLineAndExitCodeTwo(String options, String expected) {
    boolean otherBlocks = options.contains("--trace-block-tokens");
    assertEquals(2, run(otherBlocks ? options : "--trace-block-tokens 4 " + options));
    assertEquals("", out.toString());
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(err.toString().contains(expected), err::toString);
    assertTrue(Files.notExists(folder.resolve("kv")));
  }

  @Test
  void aMalformedLineIsNamedByItsNumber() throws IOException {
    trace = new TraceFile().prompt(1).line("{\"timestamp\":}").write(folder).toString();
    assertEquals(2, run("--trace TRACE --trace-block-tokens 4 --policy lru --capacity-blocks 1"));
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(err.toString().contains("line 2: no JSON"), err::toString);
  }
}
