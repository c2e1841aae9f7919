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
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
  private static final String NONE_HASH =
      "9bd96a485ad84efdafb72ee48a1d7a69bcead0f8f0433173941b276b9581eef0";
  private static final String ONE_TO_SIXTEEN =
      "cd7c51bc5a8fc8643f383a2b9e01522fba7473c669e9270c7b0bf7bf7fd01682";

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }

  private JsonNode json(String... args) throws IOException {
    assertEquals(0, run(args), err::toString);
    assertEquals("", err.toString());
    assertEquals(1, out.toString().lines().count(), "one JSON object, one line");
    return new ObjectMapper().readTree(out.toString());
  }

  private void assertRefused(String expected, String... args) {
    assertEquals(2, run(args));
    assertEquals("", out.toString());
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(err.toString().startsWith("kvcache-bench"), err::toString);
    assertTrue(err.toString().contains(expected), err::toString);
  }

  private static List<String> texts(JsonNode array) {
    return IntStream.range(0, array.size()).mapToObj(i -> array.get(i).textValue()).toList();
  }

  @Test
  void hashPrintsTheChainAsJson() throws IOException {
    String tokens = "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17";
    JsonNode result = json("hash", "--json", "--block-size", "16", "--tokens", tokens);
    assertEquals(NONE_HASH, result.get("none_hash").textValue());
    assertEquals(List.of(ONE_TO_SIXTEEN), texts(result.get("blocks")));
    assertEquals(2, result.size());
  }

  @Test
  void hashPrintsTheChainForPeople() {
    assertEquals(
        0, run("hash", "--block-size=16", "--tokens", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"));
    assertEquals(
        List.of("none_hash " + NONE_HASH, "block 0 " + ONE_TO_SIXTEEN),
        out.toString().lines().toList());
  }

  @Test
  void hashTakesSeedAndExtras() throws IOException {
    JsonNode result =
        json(
            "hash",
            "--json",
            "--block-size",
            "2",
            "--extras",
            "[[\"\u00e9\ud834\udd1e\",-1,-300,8589934592,{\"bytes_hex\":\"00ff\"},"
                + "[\"a\",[\"b\"],[]]],[9223372036854775807,-9223372036854775808]]",
            "--tokens",
            "70000,5,65535,65536");
    assertEquals(
        List.of(
            "0319515790462da5d8aba34bd42187778a1f3eb4512f69494b759e910d6df062",
            "6193a0d0aa301c86b19b965e9d2468dbd9ad6b1560715ab46bb6155e58a5676b"),
        texts(result.get("blocks")));
  }

  @Test
  void hashTakesAnotherSeed() throws IOException {
    JsonNode result = json("hash", "--json", "--block-size", "2", "--seed", "0", "--tokens", "");
    assertEquals(
        "4e1195df020de59e0d65a33a4279f1183e7ae4e5d980e309f8b55adff2e61c3e",
        result.get("none_hash").textValue());
    assertEquals(0, result.get("blocks").size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16",
        "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n",
        " 1, 2, 3 ,4\t5 6 7 8,\n9 10 11 12 13 14 15 16,\n",
        "[1, 2, 3, 4, 5, 6, 7, 8,\n 9, 10, 11, 12, 13, 14, 15, 16]\n",
      })
  void tokensMayComeFromAFile(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("tokens.txt"), text);
    JsonNode result =
        json("hash", "--json", "--block-size", "16", "--tokens-file", file.toString());
    assertEquals(List.of(ONE_TO_SIXTEEN), texts(result.get("blocks")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--block-size 2 --tokens 1,x | --tokens: token 1 is \"x\": ids are whole numbers",
        "--block-size 2 --tokens 1,-2 | --tokens: token 1 is \"-2\"",
        "--block-size 2 --tokens 1,,2 | --tokens: token 1 is \"\"",
        "--block-size 2 --tokens 2147483648 | token 0 is \"2147483648\"",
        "--block-size 2 --tokens [1,2.5] | token 1 is \"2.5\"",
        "--block-size 2 --tokens [1,2]] | --tokens is no JSON",
        "--block-size 2 --tokens-file /no/such/file | there is no such file",
        "--block-size 2 --tokens-file / | cannot be read",
        "--block-size 0 --tokens 1 | --block-size 0: a block has 1 token at least",
        "--block-size two --tokens 1 | 'two'",
        "--tokens 1 | --block-size",
        "--block-size 2 | --tokens",
        "--block-size 2 --tokens 1 --tokens-file f | mutually exclusive",
        "--block-size 2 --block-size 3 --tokens 1 | only once",
        "--block-size 2 --tokens 1 --extras nonsense | --extras is no JSON",
        "--block-size 2 --tokens 1 --extras {} | an array with one entry per block",
        "--block-size 2 --tokens 1 --extras [7] | block 0 has 7",
        "--block-size 2 --tokens 1 --extras [[1.5]] | block 0 has 1.5",
        "--block-size 2 --tokens 1 --extras [[null]] | block 0 has null",
        "--block-size 2 --tokens 1 --extras [[9223372036854775808]] | whole numbers of 64 bits",
        "--block-size 2 --tokens 1 --extras [[{\"bytes_hex\":\"0\"}]] | pairs of hex digits",
        "--block-size 2 --tokens 1,2,3 --extras [null,null,null] | --extras has 3 entries",
        "--block-size 2 --tokens 1,2 --extras [[\"\\ud800\"]] | no valid Unicode",
        "--block-size 2 --tokens 1 --nonsense | --nonsense",
        "--block-size 2 --tokens 1 more | more",
        "--block-size 2 --tokens | --tokens",
        "--block-size 2 --tokens @f | token 0 is \"@f\"",
      })
  void badInputIsOneLineAndExitCodeTwo(String args, String expected) {
    assertRefused(expected, ("hash " + args).split(" "));
  }

  @Test
  void aMissingCommandIsBadInput() {
    assertRefused("no command given: one of demo, ");
  }

  @Test
  void anUnknownCommandIsNamed() {
    assertRefused("nonsense", "nonsense");
  }

  @Test
  void anArgumentThatTheLocaleGarbledIsNotHashed() {
    assertRefused("LC_ALL", "hash", "--block-size", "2", "--tokens", "1,2", "--seed", "\ufffd");
  }

  @Test
  void helpAndVersionGoToStdout() {
    assertEquals(0, run("--help"));
    assertTrue(out.toString().contains("hash"), out::toString);
    assertEquals(0, run("hash", "--help"));
    assertTrue(out.toString().contains("--tokens-file"), out::toString);
    assertEquals(0, run("--version"));
    assertTrue(out.toString().contains("kvcache-bench "), out::toString);
    assertEquals("", err.toString());
  }
}
