package io.kvcache.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DemoCommandTest {
  @TempDir Path root;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @ValueSource(
      strings = {"--tokens 0", "--tokens -5", "--tokens 16385", "--tokens many", "--model x"})
  void shouldRefuseBadInputInOneLine(String arguments) {
    assertEquals(2, run(arguments.split(" ")));
    assertEquals(1, err.toString().lines().count(), err.toString());
  }

  @Test
  void shouldRefuseAFileAsDirectory() throws IOException {
    Path file = Files.createFile(root.resolve("file"));
    assertEquals(2, run("--dir", file.toString()));
    assertEquals(1, err.toString().lines().count(), err.toString());
  }

  @Test
  void shouldPrintTheFieldsOfTheContract() throws IOException {
    assertEquals(0, run("--tokens", "300", "--json", "--dir", root.toString()));
    JsonNode first = new ObjectMapper().readTree(out.toString());
    List<String> names = new ArrayList<>();
    first.fieldNames().forEachRemaining(names::add);
    assertEquals(
        List.of(
            "cold_ttft_ms", "warm_ttft_ms", "restart_ttft_ms", "restored_tokens", "logits_equal"),
        names);
    assertEquals(0, first.get("restored_tokens").asInt(), "nothing was in the directory");
    assertTrue(first.get("logits_equal").asBoolean());

    out.getBuffer().setLength(0);
    assertEquals(0, run("--tokens", "300", "--json", "--dir", root.toString()));
    assertEquals(256, new ObjectMapper().readTree(out.toString()).get("restored_tokens").asInt());
  }

  @Test
  void shouldReportWhatTheNewProcessRestoredWithoutADirectory() throws IOException {
    assertEquals(0, run("--tokens", "300", "--json"));
    assertEquals(256, new ObjectMapper().readTree(out.toString()).get("restored_tokens").asInt());
  }

  private int run(String... arguments) {
    String[] command =
        Stream.concat(Stream.of("demo"), Stream.of(arguments)).toArray(String[]::new);
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), command);
  }
}
