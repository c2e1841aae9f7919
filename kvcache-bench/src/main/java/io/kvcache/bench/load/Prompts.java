package io.kvcache.bench.load;

import io.kvcache.KvLayout;
import io.kvcache.store.ImageDescriptor;
import java.util.Random;

/**
 * Prompts of equal length that share nothing, the same in every process. Those that are asked for
 * again and again are kept; beyond them any number is made when it is asked for.
 */
final class Prompts {
  private final int chunks;
  private final int length;
  private final int[][] tokens;

  /**
   * @param count how many are kept
   * @param chunks whole chunks of each; one token more, so that all of them can be restored
   */
  Prompts(KvLayout layout, int count, int chunks) {
    this.chunks = chunks;
    this.length = chunks * layout.chunkTokens() + 1;
    tokens = new int[count][];
    for (int i = 0; i < count; i++) {
      tokens[i] = make(i);
    }
  }

  /** Bytes of a chunk's image, for layouts of one group. */
  static long imageBytes(KvLayout layout) {
    return new ImageDescriptor(layout, 0).imageBytes();
  }

  int count() {
    return tokens.length;
  }

  /** Chunks of a prompt. */
  int chunks() {
    return chunks;
  }

  /** Token ids of one; not to be changed. */
  int[] tokens(int prompt) {
    return prompt < tokens.length ? tokens[prompt] : make(prompt);
  }

  private int[] make(int prompt) {
    return new Random(prompt).ints(length, 0, 128_000).toArray();
  }
}
