package io.kvcache;

/**
 * The chunk keys of one prompt in one scope: hashed once, used by every call about that prompt.
 * Made by {@link KvCache#keys}; immutable and thread-safe.
 *
 * <p>Only whole chunks have keys; the tokens behind the last whole chunk are remembered, so that
 * {@link #append} can go on from them.
 */
public interface PromptKeys {
  /** Tokens of the prompt, those behind the last whole chunk included. */
  int tokens();

  /** Whole chunks, {@code tokens() / chunkTokens()}. */
  int chunks();

  /** Key of the i-th chunk. */
  ChunkKey chunk(int i);

  /** Key of the chunk before the i-th; for chunk 0 the hash that the chain starts from. */
  ChunkKey parent(int i);

  /** Tokens of a chunk. */
  int chunkTokens();

  /** Tokens of a block. */
  int blockTokens();

  /** The scope that the keys were made in. */
  KvScope scope();

  /**
   * Keys of this prompt with more tokens behind it: what {@link KvCache#keys} would give for the
   * whole, at the price of the new tokens. Both share storage, and this one stays as it is.
   *
   * @param more token ids, 0 to 2^31-1, as forwarded
   * @throws IllegalArgumentException for a negative id, with its index
   */
  PromptKeys append(int... more);
}
