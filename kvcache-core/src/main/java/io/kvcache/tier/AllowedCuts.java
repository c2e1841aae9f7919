package io.kvcache.tier;

import io.kvcache.GroupKind;
import io.kvcache.KvLayout;
import io.kvcache.LayoutGroup;

/**
 * Where a prompt may be cut: the leading tokens that are restored end there, the engine computes
 * from there on. For a prompt of N tokens and a cut after k chunks of C tokens, at c = k C:
 *
 * <ul>
 *   <li>full groups: images of all k chunks;
 *   <li>window groups of W tokens: images of every chunk that holds a position p with {@code c - W
 *       < p < c};
 *   <li>state groups: an image that ends exactly at c;
 *   <li>{@code c < N}, since the engine needs the last token's logits. Without state, a prompt
 *       whose chunks all match is cut at N - 1, and its last chunk is delivered too.
 * </ul>
 *
 * <p>Pure: it knows layouts and lengths, and asks what is there. Immutable.
 */
final class AllowedCuts {
  /** Whether an image is there, or can be. */
  @FunctionalInterface
  interface Availability {
    boolean has(int group, int chunk);
  }

  private final KvLayout layout;
  private final int promptTokens;
  private final int chunkTokens;
  private final boolean needsMoreThanFull;

  AllowedCuts(KvLayout layout, int promptTokens) {
    this.layout = layout;
    this.promptTokens = promptTokens;
    this.chunkTokens = layout.chunkTokens();
    this.needsMoreThanFull =
        layout.groups().stream().anyMatch(group -> group.kind() != GroupKind.FULL);
  }

  /** The most chunks that a cut can have. */
  int mostChunks() {
    int whole = promptTokens / chunkTokens;
    return layout.hasState() && whole > 0 && whole * chunkTokens == promptTokens
        ? whole - 1
        : whole;
  }

  /** Leading tokens that need no prefill after a cut of that many chunks. */
  int tokens(int chunks) {
    return Math.min(chunks * chunkTokens, Math.max(0, promptTokens - 1));
  }

  /** First chunk of a group that a cut needs. */
  int firstNeeded(int group, int chunks) {
    LayoutGroup g = layout.groups().get(group);
    return switch (g.kind()) {
      case FULL -> 0;
      case WINDOW -> Math.max(0, tokens(chunks) - g.window() + 1) / chunkTokens;
      case STATE -> Math.max(0, chunks - 1);
    };
  }

  /**
   * The chunk after the last one of a group that a cut needs; none are if it is not above the
   * first.
   */
  int endNeeded(int group, int chunks) {
    LayoutGroup g = layout.groups().get(group);
    if (chunks == 0 || (g.kind() == GroupKind.WINDOW && g.window() == 1)) {
      return 0;
    }
    return g.kind() == GroupKind.WINDOW ? (tokens(chunks) - 1) / chunkTokens + 1 : chunks;
  }

  /**
   * The longest allowed cut.
   *
   * @param limit chunks at most; every full image before it is taken to be there
   * @param images which window and state images are there
   * @return its chunks
   */
  int longest(int limit, Availability images) {
    int chunks = Math.min(limit, mostChunks());
    while (needsMoreThanFull && chunks > 0) {
      int shorter = lastObstacle(chunks, images);
      if (shorter == chunks) {
        break;
      }
      chunks = shorter;
    }
    return chunks;
  }

  // The longest cut that avoids the deepest image missing for this one: a window image at chunk i
  // is not needed by a cut after i chunks, and a missing state rules out this cut alone.
  private int lastObstacle(int chunks, Availability images) {
    int shorter = chunks;
    for (int group = 0; group < layout.groups().size(); group++) {
      if (layout.groups().get(group).kind() == GroupKind.FULL) {
        continue;
      }
      int first = firstNeeded(group, chunks);
      for (int i = endNeeded(group, chunks) - 1; i >= first; i--) {
        if (!images.has(group, i)) {
          boolean state = layout.groups().get(group).kind() == GroupKind.STATE;
          shorter = Math.min(shorter, state ? chunks - 1 : i);
          break;
        }
      }
    }
    return shorter;
  }
}
