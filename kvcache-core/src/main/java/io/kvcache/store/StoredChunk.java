package io.kvcache.store;

import io.kvcache.ChunkKey;
import io.kvcache.PromptKeys;

/**
 * Which chunk an image belongs to: what its name and header say beyond the namespace.
 *
 * @param key hash of its last block
 * @param parent key of the chunk before it, NONE_HASH for the first
 * @param index its place in the prompt, from 0
 * @param scopeDigest 32 bytes, see {@link io.kvcache.KvScope#digest()}; not to be changed
 */
public record StoredChunk(ChunkKey key, ChunkKey parent, int index, byte[] scopeDigest) {
  /** The i-th chunk of a prompt. */
  public static StoredChunk of(PromptKeys keys, int i) {
    return new StoredChunk(keys.chunk(i), keys.parent(i), i, keys.scope().digest());
  }
}
