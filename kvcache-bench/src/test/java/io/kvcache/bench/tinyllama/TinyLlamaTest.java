package io.kvcache.bench.tinyllama;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.ElementType;
import io.kvcache.KvLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TinyLlamaTest {
  private static final int TOKENS = 700;

  @ParameterizedTest
  @MethodSource("io.kvcache.bench.tinyllama.SmallModels#shapes")
  void shouldComputeTheSameBitsInTwoPartsAsInOne(ModelShape shape) {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    TinyLlama model = new TinyLlama(shape, seed);
    int[] prompt = SmallModels.prompt(shape, seed, TOKENS);
    int[] whole = SmallModels.bits(model.forward(new KvMemory(shape, TOKENS), prompt, TOKENS));

    for (int part : new SplittableRandom(seed).ints(5, 1, TOKENS).toArray()) {
      KvMemory memory = new KvMemory(shape, TOKENS);
      model.forward(memory, prompt, part);
      int[] parts = SmallModels.bits(model.forward(memory, prompt, TOKENS));
      assertArrayEquals(whole, parts, "seed " + seed + ", first part of " + part + " tokens");
    }
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.bench.tinyllama.SmallModels#shapes")
  void shouldComputeTheSameBitsTokenByToken(ModelShape shape) {
    TinyLlama model = new TinyLlama(shape, 3);
    int[] tokens = SmallModels.prompt(shape, 3, TOKENS);
    KvMemory memory = new KvMemory(shape, TOKENS);
    float[] last = null;
    for (int end = 1; end <= TOKENS; end++) {
      last = model.forward(memory, tokens, end);
    }
    float[] whole = model.forward(new KvMemory(shape, TOKENS), tokens, TOKENS);
    assertArrayEquals(SmallModels.bits(whole), SmallModels.bits(last));
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.bench.tinyllama.SmallModels#shapes")
  void shouldGiveLogitsThatDependOnEveryToken(ModelShape shape) {
    TinyLlama model = new TinyLlama(shape, 3);
    int[] prompt = SmallModels.prompt(shape, 3, TOKENS);
    float[] logits = model.forward(new KvMemory(shape, TOKENS), prompt, TOKENS);
    for (float logit : logits) {
      assertTrue(Math.abs(logit) < 100, "logit " + logit);
    }

    prompt[0] ^= 1;
    float[] other = model.forward(new KvMemory(shape, TOKENS), prompt, TOKENS);
    assertFalse(Arrays.equals(logits, other), "the first token left no trace");
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.bench.tinyllama.SmallModels#shapes")
  void shouldGenerateWhatForwardingTheWholeWouldChoose(ModelShape shape) {
    TinyLlama model = new TinyLlama(shape, 3);
    int[] tokens = Arrays.copyOf(SmallModels.prompt(shape, 3, 20), 40);
    model.generate(new KvMemory(shape, 40), tokens, 20);
    for (int end = 20; end < 40; end++) {
      float[] logits = model.forward(new KvMemory(shape, 40), tokens, end);
      for (float logit : logits) {
        assertTrue(logits[tokens[end]] >= logit, "token " + end);
      }
    }
  }

  @Test
  void shouldTellWeightsApartByTheirDigest() {
    TinyLlama model = new TinyLlama(SmallModels.plain(), 1);
    assertEquals(model.fingerprint(), new TinyLlama(SmallModels.plain(), 1).fingerprint());
    assertNotEquals(model.fingerprint(), new TinyLlama(SmallModels.plain(), 2).fingerprint());
  }

  @Test
  void shouldDescribeARanksShareOfThePlainModelAsGroupedQueryAttention() {
    ModelShape plain = ModelShape.plain();
    assertEquals(KvLayout.attention(5, 2, 32, ElementType.F32), plain.layout(1));
    assertEquals(KvLayout.attention(5, 1, 32, ElementType.F32), plain.layout(2));
    assertThrows(IllegalArgumentException.class, () -> plain.layout(3));
  }

  @Test
  void shouldRefuseToComputeWhatTheMemoryHoldsAlready() {
    TinyLlama model = new TinyLlama(SmallModels.plain(), 1);
    KvMemory memory = new KvMemory(SmallModels.plain(), 10);
    int[] tokens = SmallModels.prompt(SmallModels.plain(), 1, 10);
    model.forward(memory, tokens, 10);
    assertThrows(IllegalArgumentException.class, () -> model.forward(memory, tokens, 10));
  }
}
