package io.kvcache.bench.load;

import io.kvcache.KvLayout;
import io.kvcache.store.ImageDescriptor;
import java.util.Random;

/** Prompts of equal length that share nothing, the same in every process. */
final class Prompts {
  private final int chunks;
  private final int[][] tokens;

  /**
   * @param count how many there are
   * @param chunks whole chunks of each; one token more, so that all of them can be restored
   */
  Prompts(KvLayout layout, int count, int chunks) {
    this.chunks = chunks;
    tokens = new int[count][];
    for (int i = 0; i < count; i++) {
      tokens[i] = new Random(i).ints(chunks * layout.chunkTokens() + 1, 0, 128_000).toArray();
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
    return tokens[prompt];
  }
}
