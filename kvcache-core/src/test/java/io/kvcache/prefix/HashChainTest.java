package io.kvcache.prefix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvcache.ChunkKey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The hashes here were made by vLLM's formula with Python's cbor2 and hashlib, not by this code.
 */
class HashChainTest {
  private static List<String> hashes(
      String seed, int blockTokens, int[] tokens, List<? extends List<?>> extras) {
    HashChain chain = new HashChain(blockTokens, HashChain.noneHash(seed));
    List<String> hashes = new ArrayList<>();
    for (int b = 0; b < tokens.length / blockTokens; b++) {
      chain.add(tokens, b * blockTokens, extras == null ? null : extras.get(b));
      hashes.add(chain.last().hex());
    }
    return hashes;
  }

  @Test
  void noneHashIsTheDigestOfTheSeed() {
    assertEquals(
        "9bd96a485ad84efdafb72ee48a1d7a69bcead0f8f0433173941b276b9581eef0",
        HashChain.NONE_HASH.hex());
    assertEquals(
        "4e1195df020de59e0d65a33a4279f1183e7ae4e5d980e309f8b55adff2e61c3e",
        HashChain.noneHash("0").hex());
  }

  @Test
  void plainBlocksHashAsVllmHashesThem() {
    assertEquals(
        List.of("cd7c51bc5a8fc8643f383a2b9e01522fba7473c669e9270c7b0bf7bf7fd01682"),
        hashes(HashChain.DEFAULT_SEED, 16, IntStream.rangeClosed(1, 16).toArray(), null));
    assertEquals(
        List.of(
            "c6f01498d6bdfd373483df00b7895cc293f3a17a5a61e68b65a9105d945c0f09",
            "78e0b76d907861007badaed7a0ee5bf877fe158690b10e98cc668533f7cd9e3d"),
        hashes(
            HashChain.DEFAULT_SEED,
            8,
            new int[] {
              0,
              23,
              24,
              255,
              256,
              65535,
              65536,
              2147483647,
              151643,
              151644,
              128000,
              128001,
              128009,
              1,
              2,
              3
            },
            null),
        "ids at the edges of every width");
  }

  @Test
  void extraKeysOfEveryKindHashAsVllmHashesThem() {
    assertEquals(
        List.of(
            "0319515790462da5d8aba34bd42187778a1f3eb4512f69494b759e910d6df062",
            "6193a0d0aa301c86b19b965e9d2468dbd9ad6b1560715ab46bb6155e58a5676b"),
        hashes(
            HashChain.DEFAULT_SEED,
            2,
            new int[] {70000, 5, 65535, 65536},
            List.of(
                List.of(
                    "\u00e9\ud834\udd1e",
                    -1,
                    -300,
                    1L << 33,
                    new byte[] {0, (byte) 0xff},
                    List.of("a", List.of("b"), List.of())),
                List.of(Long.MAX_VALUE, Long.MIN_VALUE))));
  }

  @Test
  void theShortIdIsTheLastEightBytes() {
    HashChain chain = new HashChain(16, HashChain.NONE_HASH);
    chain.add(IntStream.rangeClosed(1, 16).toArray(), 0, null);
    assertEquals(8866452693264111234L, chain.last().id64());
  }

  @Test
  void aChainGoesOnFromAnyOfItsHashes() {
    int[] tokens = IntStream.range(0, 64).toArray();
    List<String> whole = hashes(HashChain.DEFAULT_SEED, 16, tokens, null);
    HashChain rest = new HashChain(16, ChunkKey.parse(whole.get(1)));
    assertEquals(whole.get(1), rest.last().hex(), "nothing added yet");
    rest.add(tokens, 32, null);
    rest.add(tokens, 48, null);
    assertEquals(whole.get(3), rest.last().hex());
  }

  @Test
  void aRefusedBlockLeavesTheChainWhereItWas() {
    HashChain chain = new HashChain(2, HashChain.NONE_HASH);
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> chain.add(new int[] {5, 6, 7, -3}, 2, null))
            .getMessage();
    assertTrue(message.contains("token 3 is -3"), message);
    assertThrows(
        IllegalArgumentException.class, () -> chain.add(new int[] {5, 6}, 0, List.of(0.5)));
    assertEquals(HashChain.NONE_HASH, chain.last());
    chain.add(new int[] {5, 6}, 0, null);
    assertEquals(
        hashes(HashChain.DEFAULT_SEED, 2, new int[] {5, 6}, null).get(0), chain.last().hex());
  }

  @Test
  void longExtraKeysMakeTheMessageGrow() {
    HashChain chain = new HashChain(2, HashChain.NONE_HASH);
    chain.add(new int[] {1, 2}, 0, List.of("x".repeat(100_000)));
    ChunkKey first = chain.last();
    chain.add(new int[] {1, 2}, 0, null);
    HashChain fresh = new HashChain(2, first);
    fresh.add(new int[] {1, 2}, 0, null);
    assertEquals(fresh.last(), chain.last());
  }

  @Test
  void refusesBlocksWithoutTokens() {
    assertThrows(IllegalArgumentException.class, () -> new HashChain(0, HashChain.NONE_HASH));
  }

  @TestFactory
  Stream<DynamicTest> publishedVectors() throws IOException {
    String folder = System.getProperty("kvcache.testdata", "");
    assumeFalse(
        folder.isEmpty(), "-Dkvcache.testdata names no folder with reference/hash-vectors.json");
    JsonNode vectors =
        new ObjectMapper().readTree(Path.of(folder, "reference", "hash-vectors.json").toFile());
    Stream<DynamicTest> seeds =
        stream(vectors.get("none_hash"))
            .map(
                node ->
                    DynamicTest.dynamicTest(
                        "seed " + node.get("seed").asText(),
                        () ->
                            assertEquals(
                                node.get("hex").asText(),
                                HashChain.noneHash(node.get("seed").asText()).hex())));
    Stream<DynamicTest> chains =
        stream(vectors.get("chains"))
            .map(
                node ->
                    DynamicTest.dynamicTest(node.get("name").asText(), () -> checkVector(node)));
    return Stream.concat(seeds, chains);
  }

  private static void checkVector(JsonNode vector) {
    List<List<?>> extras = null;
    if (!vector.get("extras").isNull()) {
      extras = new ArrayList<>();
      for (JsonNode keys : vector.get("extras")) {
        extras.add(keys.isNull() ? null : stream(keys).map(JsonNode::textValue).toList());
      }
    }
    int[] tokens = stream(vector.get("tokens")).mapToInt(JsonNode::intValue).toArray();
    List<String> actual =
        hashes(vector.get("seed").asText(), vector.get("block_size").intValue(), tokens, extras);
    assertEquals(stream(vector.get("sha256_cbor")).map(JsonNode::asText).toList(), actual);
    assertEquals(
        stream(vector.get("sha256_cbor_u64")).map(JsonNode::asText).toList(),
        actual.stream().map(h -> Long.toUnsignedString(ChunkKey.parse(h).id64())).toList());
  }

  private static Stream<JsonNode> stream(JsonNode array) {
    return IntStream.range(0, array.size()).mapToObj(array::get);
  }
}
