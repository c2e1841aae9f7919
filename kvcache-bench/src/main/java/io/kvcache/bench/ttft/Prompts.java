package io.kvcache.bench.ttft;

import java.util.Arrays;
import java.util.Random;

/** Prompts of one length that share nothing, and variants of them; the same in every process. */
final class Prompts {
  private static final int VOCABULARY = 128_000;

  private final int tokens;
  private final int chunkTokens;

  Prompts(int tokens, int chunkTokens) {
    this.tokens = tokens;
    this.chunkTokens = chunkTokens;
  }

  /** A whole prompt, and one token more, so that all of its chunks can be restored. */
  int[] stored(int number) {
    return new Random(number).ints(tokens + 1L, 0, VOCABULARY).toArray();
  }

  /** The leading chunks of a prompt, and one token more. */
  int[] leading(int number, int chunks) {
    return Arrays.copyOf(stored(number), chunks * chunkTokens + 1);
  }

  /** Chunks that so many percent of a prompt have whole. */
  int chunks(int reusePercent) {
    return (int) ((long) tokens * reusePercent / 100 / chunkTokens);
  }

  /** A prompt of which only so many percent were seen before, in whole chunks. */
  int[] reusing(int number, int reusePercent) {
    int[] all = stored(number);
    int[] prompt = Arrays.copyOf(all, tokens);
    for (int i = chunks(reusePercent) * chunkTokens; reusePercent < 100 && i < tokens; i++) {
      prompt[i] = VOCABULARY + all[i];
    }
    return prompt;
  }
}
