package io.kvcache.bench.replay;

import java.util.Arrays;

/**
 * What a replayed request asks for and leaves behind.
 *
 * @param inputTokens tokens of the prompt
 * @param totalTokens tokens with those that are generated and offered
 * @param inputBlocks whole blocks of the prompt: what can hit
 * @param blocks ids of those and of the generated blocks behind them
 */
public record RequestPath(int inputTokens, int totalTokens, int inputBlocks, int[] blocks) {
  /**
   * The request as token ids: every token of a block is the block's id, so that prompts agree
   * exactly as far as their paths do; what fills no block is 0.
   */
  int[] tokens(int blockTokens) {
    int[] tokens = new int[totalTokens];
    for (int b = 0; b < blocks.length; b++) {
      Arrays.fill(tokens, b * blockTokens, (b + 1) * blockTokens, blocks[b]);
    }
    return tokens;
  }
}
