package io.kvcache.prefix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.ChunkKey;
import io.kvcache.ElementType;
import io.kvcache.KvLayout;
import io.kvcache.KvScope;
import io.kvcache.PromptKeys;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HashedPromptTest {
  private static final int BLOCK = 4;
  private static final int CHUNK = 12;
  private static final KvLayout LAYOUT =
      KvLayout.attention(2, 1, 8, ElementType.F32).toBuilder()
          .blockTokens(BLOCK)
          .chunkTokens(CHUNK)
          .build();

  /** Extra keys all along the prompt, so that a block hashed under a wrong number is noticed. */
  private static final KvScope SCOPE =
      KvScope.builder()
          .salt("tenant")
          .lora("sql", "r3")
          .media("img", 5, 40)
          .blockExtras(b -> b % 3 == 0 ? List.of(b) : List.of())
          .build();

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  private static HashedPrompt keys(int... tokens) {
    return HashedPrompt.of(LAYOUT, HashChain.DEFAULT_SEED, tokens, SCOPE);
  }

  private int[] tokens(int count) {
    return random.ints(count, 0, 128_000).toArray();
  }

  private static int[] concat(int[] a, int[] b) {
    int[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  private void assertSameKeys(PromptKeys expected, PromptKeys actual) {
    assertEquals(expected.tokens(), actual.tokens(), () -> "seed " + seed);
    assertEquals(expected.chunks(), actual.chunks(), () -> "seed " + seed);
    for (int i = 0; i < expected.chunks(); i++) {
      int chunk = i;
      assertEquals(expected.chunk(i), actual.chunk(i), () -> "chunk " + chunk + ", seed " + seed);
      assertEquals(expected.parent(i), actual.parent(i));
    }
  }

  @Test
  void aChunkIsNamedByItsLastBlock() {
    int[] tokens = tokens(3 * CHUNK + 5);
    HashedPrompt keys = keys(tokens);
    assertEquals(3, keys.chunks());
    assertEquals(HashChain.NONE_HASH, keys.parent(0));
    HashChain chain = new HashChain(BLOCK, HashChain.NONE_HASH);
    for (int b = 0; b < 9; b++) {
      List<?> extras = SCOPE.extraKeys(b, BLOCK);
      chain.add(tokens, b * BLOCK, extras.isEmpty() ? null : extras);
      if (b % 3 == 2) {
        assertEquals(chain.last(), keys.chunk(b / 3));
        assertEquals(chain.last(), keys.parent(b / 3 + 1));
      }
    }
  }

  @Test
  void theDefaultLayoutTakesTheSixteenthBlockAsKey() {
    KvLayout layout = KvLayout.attention(2, 1, 8, ElementType.F32);
    int[] tokens = tokens(600);
    HashedPrompt keys = HashedPrompt.of(layout, "0", tokens, KvScope.NONE);
    HashChain chain = new HashChain(16, HashChain.noneHash("0"));
    for (int b = 0; b < 16; b++) {
      chain.add(tokens, b * 16, null);
    }
    assertEquals(2, keys.chunks());
    assertEquals(chain.last(), keys.chunk(0));
    assertEquals(HashChain.noneHash("0"), keys.parent(0));
    assertEquals(16, keys.blockTokens());
    assertEquals(256, keys.chunkTokens());
  }

  @Test
  void noTokensAreNoChunks() {
    HashedPrompt keys = keys();
    assertEquals(0, keys.tokens());
    assertEquals(0, keys.chunks());
    assertEquals(HashChain.NONE_HASH, keys.parent(0));
    assertThrows(IndexOutOfBoundsException.class, () -> keys.chunk(0));
    assertThrows(IndexOutOfBoundsException.class, () -> keys(tokens(30)).chunk(2));
    assertSame(keys, keys.append());
  }

  @Test
  void theCallersArrayIsNotKept() {
    int[] tokens = tokens(CHUNK + 3);
    int[] more = tokens(CHUNK);
    HashedPrompt whole = keys(concat(tokens, more));
    HashedPrompt keys = keys(tokens);
    Arrays.fill(tokens, 7);
    assertSameKeys(whole, keys.append(more));
  }

  @Test
  void appendedInPiecesEqualsHashedWhole() {
    for (int round = 0; round < 300; round++) {
      int[] all = tokens(random.nextInt(20 * CHUNK));
      HashedPrompt keys = keys();
      List<HashedPrompt> steps = new ArrayList<>();
      for (int at = 0; at < all.length; ) {
        int next = Math.min(all.length, at + random.nextInt(1 + random.nextInt(4 * CHUNK)));
        keys = keys.append(Arrays.copyOfRange(all, at, next));
        steps.add(keys);
        at = next;
      }
      assertSameKeys(keys(all), keys);
      for (HashedPrompt step : steps) {
        assertSameKeys(keys(Arrays.copyOf(all, step.tokens())), step);
      }
    }
  }

  @Test
  void forksDoNotDisturbEachOther() {
    List<int[]> prompts = new ArrayList<>(List.of(new int[0]));
    List<HashedPrompt> keys = new ArrayList<>(List.of(keys()));
    for (int i = 0; i < 400; i++) {
      int from = random.nextInt(prompts.size());
      int[] more = tokens(random.nextInt(3 * CHUNK));
      prompts.add(concat(prompts.get(from), more));
      keys.add(keys.get(from).append(more));
    }
    for (int i = 0; i < keys.size(); i++) {
      assertSameKeys(keys(prompts.get(i)), keys.get(i));
    }
  }

  @Test
  void concurrentAppendsToOneParentEachGetTheirOwn() throws Exception {
    int threads = 4;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      for (int round = 0; round < 300; round++) {
        int[] beginning = tokens(2 * CHUNK + random.nextInt(CHUNK));
        // Two steps: the second array has room, so that the threads compete for the same places.
        HashedPrompt parent =
            keys(Arrays.copyOf(beginning, CHUNK))
                .append(Arrays.copyOfRange(beginning, CHUNK, beginning.length));
        CountDownLatch start = new CountDownLatch(threads);
        List<int[]> turns = new ArrayList<>();
        List<Future<HashedPrompt>> results = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
          int[] more = tokens(2 * CHUNK);
          turns.add(more);
          Callable<HashedPrompt> task =
              () -> {
                start.countDown();
                start.await();
                return parent
                    .append(Arrays.copyOf(more, CHUNK))
                    .append(Arrays.copyOfRange(more, CHUNK, 2 * CHUNK));
              };
          results.add(pool.submit(task));
        }
        for (int t = 0; t < threads; t++) {
          assertSameKeys(keys(concat(beginning, turns.get(t))), results.get(t).get());
        }
        assertSameKeys(keys(beginning), parent);
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void aNegativeIdIsRefusedWithItsIndexWhereverItStands() {
    int count = 3 * CHUNK + 2;
    for (int bad = 0; bad < count; bad++) {
      int[] tokens = tokens(count);
      tokens[bad] = -1 - bad;
      String expected = "token " + bad + " is " + (-1 - bad);
      HashedPrompt parent = keys(1, 2, 3, 4, 5);
      for (Callable<HashedPrompt> call :
          List.<Callable<HashedPrompt>>of(() -> keys(tokens), () -> parent.append(tokens))) {
        String message = assertThrows(IllegalArgumentException.class, call::call).getMessage();
        assertTrue(message.contains(expected), message);
      }
    }
  }

  @Test
  void differentScopesShareNoKey() {
    int[] tokens = tokens(2 * CHUNK);
    List<KvScope> scopes =
        List.of(
            KvScope.NONE,
            KvScope.of("a"),
            KvScope.of("b"),
            KvScope.builder().lora("a").build(),
            KvScope.builder().lora("a", "1").build(),
            KvScope.builder().media("a", 3, 2).build(),
            KvScope.builder().media("a", 2, 2).build());
    List<ChunkKey> seen =
        scopes.stream()
            .map(s -> HashedPrompt.of(LAYOUT, HashChain.DEFAULT_SEED, tokens, s))
            .flatMap(k -> IntStream.range(0, 2).mapToObj(k::chunk))
            .toList();
    assertEquals(seen.size(), seen.stream().distinct().count());
    assertNotEquals(
        HashedPrompt.of(LAYOUT, "0", tokens, KvScope.NONE).chunk(0), seen.get(0), "another seed");
  }

  @Test
  void theLongerPromptSharesTheKeysOfTheShorter() {
    HashedPrompt parent = keys(tokens(CHUNK)).append(tokens(CHUNK));
    HashedPrompt first = parent.append(tokens(CHUNK));
    HashedPrompt second = parent.append(tokens(CHUNK));
    assertSame(parent.chunk(1), first.chunk(1));
    assertSame(parent.chunk(1), second.chunk(1));
    assertSame(first.chunk(1), first.append(tokens(50 * CHUNK)).chunk(1));
    assertNotEquals(first.chunk(2), second.chunk(2));
  }
}
