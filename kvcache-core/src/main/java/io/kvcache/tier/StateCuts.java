package io.kvcache.tier;

import io.kvcache.KvLayout;
import java.util.stream.IntStream;

/**
 * After which chunks a state is stored: every so many, since a state is large, and after the last
 * one, where the next turn of the conversation goes on.
 */
final class StateCuts {
  private final KvLayout layout;
  private final int every;

  StateCuts(KvLayout layout, int every) {
    this.layout = layout;
    this.every = every;
  }

  /** Whether a state is stored after that chunk when {@code chunks} are stored. */
  boolean storedAfter(int chunk, int chunks) {
    return layout.hasState() && ((chunk + 1) % every == 0 || chunk == chunks - 1);
  }

  /** See {@link io.kvcache.KvCache#stateCuts}. */
  int[] between(int from, int to) {
    if (from < 0 || to < from) {
      throw new IllegalArgumentException(
          "stateCuts(" + from + ", " + to + "): 0 <= from <= to, in tokens");
    }
    int tokens = layout.chunkTokens();
    int chunks = to / tokens;
    return IntStream.range(from / tokens, chunks)
        .filter(chunk -> storedAfter(chunk, chunks))
        .map(chunk -> (chunk + 1) * tokens)
        .filter(cut -> cut > from)
        .toArray();
  }
}
