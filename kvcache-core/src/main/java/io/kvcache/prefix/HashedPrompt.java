package io.kvcache.prefix;

import io.kvcache.ChunkKey;
import io.kvcache.KvLayout;
import io.kvcache.KvScope;
import io.kvcache.PromptKeys;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A prompt's keys, made by the {@link HashChain}. Of the tokens it keeps only those that do not
 * fill a block yet (at most {@code blockTokens() - 1}), of the hashes one per chunk and the last:
 * about 60 bytes per chunk, whatever the prompt's length. All tokens are kept only where somebody
 * wants to hear them.
 */
public final class HashedPrompt implements PromptKeys {
  private static final int[] NO_TOKENS = {};

  private final int blockTokens;
  private final int chunkTokens;
  private final KvScope scope;
  private final ChunkKey root;
  private final int tokens;
  private final SharedKeys keys;

  /** Hash of the last full block, where {@link #append} goes on. */
  private final ChunkKey last;

  /** The tokens behind the last full block. */
  private final int[] tail;

  /** All tokens; null where nobody wants them. */
  private final int[] kept;

  private HashedPrompt(KvLayout layout, ChunkKey root, KvScope scope, boolean keepTokens) {
    this.blockTokens = layout.blockTokens();
    this.chunkTokens = layout.chunkTokens();
    this.scope = Objects.requireNonNull(scope, "scope: KvScope.NONE if there is nothing to say");
    this.root = root;
    this.tokens = 0;
    this.keys = SharedKeys.empty();
    this.last = root;
    this.tail = NO_TOKENS;
    this.kept = keepTokens ? NO_TOKENS : null;
  }

  private HashedPrompt(
      HashedPrompt shorter, int[] more, SharedKeys keys, ChunkKey last, int[] tail) {
    this.blockTokens = shorter.blockTokens;
    this.chunkTokens = shorter.chunkTokens;
    this.scope = shorter.scope;
    this.root = shorter.root;
    this.tokens = shorter.tokens + more.length;
    this.keys = keys;
    this.last = last;
    this.tail = tail;
    this.kept = shorter.kept == null ? null : join(shorter.kept, more, 0, more.length);
  }

  /**
   * Hashes a prompt.
   *
   * @param layout gives the sizes of block and chunk
   * @param seed what the chain starts from, see {@link HashChain#noneHash}
   * @param tokens ids as forwarded, 0 to 2^31-1; may be empty
   * @param scope what separates equal tokens
   * @param keepTokens whether {@link #tokenIds} can be asked
   * @throws IllegalArgumentException for a negative id, with its index, or an extra key of the
   *     scope that has no encoding
   */
  public static HashedPrompt of(
      KvLayout layout, String seed, int[] tokens, KvScope scope, boolean keepTokens) {
    ChunkKey root =
        seed.equals(HashChain.DEFAULT_SEED) ? HashChain.NONE_HASH : HashChain.noneHash(seed);
    return new HashedPrompt(layout, root, scope, keepTokens).append(tokens);
  }

  /** As above, without keeping the tokens. */
  public static HashedPrompt of(KvLayout layout, String seed, int[] tokens, KvScope scope) {
    return of(layout, seed, tokens, scope, false);
  }

  /** The token ids of the i-th chunk, a copy; empty if they were not kept. */
  public int[] tokenIds(int i) {
    Objects.checkIndex(i, chunks());
    return kept == null
        ? NO_TOKENS
        : Arrays.copyOfRange(kept, i * chunkTokens, (i + 1) * chunkTokens);
  }

  @Override
  public int tokens() {
    return tokens;
  }

  @Override
  public int chunks() {
    return tokens / chunkTokens;
  }

  @Override
  public ChunkKey chunk(int i) {
    return keys.get(Objects.checkIndex(i, chunks()));
  }

  @Override
  public ChunkKey parent(int i) {
    return i == 0 ? root : chunk(i - 1);
  }

  @Override
  public int chunkTokens() {
    return chunkTokens;
  }

  @Override
  public int blockTokens() {
    return blockTokens;
  }

  @Override
  public KvScope scope() {
    return scope;
  }

  @Override
  public HashedPrompt append(int... more) {
    if (more.length == 0) {
      return this;
    }
    if (more.length > Integer.MAX_VALUE - tokens) {
      throw new IllegalArgumentException(
          "prompt of "
              + tokens
              + " tokens and "
              + more.length
              + " more: a prompt has at most "
              + Integer.MAX_VALUE);
    }
    int total = tokens + more.length;
    ChunkKey[] added = new ChunkKey[total / chunkTokens - chunks()];
    int next = 0;
    HashChain chain = new HashChain(blockTokens, last);
    int[] rest = tail;
    int from = 0;
    for (int block = tokens / blockTokens; block < total / blockTokens; block++) {
      if (rest.length == 0) {
        chain.add(more, from, extras(block));
        from += blockTokens;
      } else {
        from = blockTokens - rest.length;
        chain.add(join(rest, more, 0, from), 0, extras(block));
        rest = NO_TOKENS;
      }
      if ((block + 1) * blockTokens % chunkTokens == 0) {
        added[next++] = chain.last();
      }
    }
    int[] newTail = join(rest, more, from, more.length);
    return new HashedPrompt(this, more, keys.with(chunks(), added), chain.last(), newTail);
  }

  /** Null for none, as the chain wants it; vLLM has no empty array of extra keys either. */
  private List<?> extras(int block) {
    List<?> extras = scope.extraKeys(block, blockTokens);
    return extras.isEmpty() ? null : extras;
  }

  /**
   * The ids of {@code rest} and then those of {@code more} in the range, which are checked here.
   */
  private static int[] join(int[] rest, int[] more, int from, int to) {
    for (int i = from; i < to; i++) {
      CborWriter.requireId(more, i);
    }
    int[] joined = Arrays.copyOf(rest, rest.length + to - from);
    System.arraycopy(more, from, joined, rest.length, to - from);
    return joined;
  }

  @Override
  public String toString() {
    return "HashedPrompt[" + tokens + " tokens, " + chunks() + " chunks, " + scope + "]";
  }
}
