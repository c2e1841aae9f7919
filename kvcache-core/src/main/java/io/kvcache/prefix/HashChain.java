package io.kvcache.prefix;

import io.kvcache.ChunkKey;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.List;

/**
 * vLLM's {@code sha256_cbor} chain of block hashes, byte for byte, so that routers and other
 * engines name the same blocks alike:
 *
 * <pre>{@code
 * H(block) = SHA-256( CBOR [ bytes(parent), [ids of the block], null or [extra keys] ] )
 * }</pre>
 *
 * <p>The first parent is {@link #noneHash}. The message is built in one reused array, and each
 * digest is written to the place in it where the next block's parent stands: a block without extra
 * keys allocates nothing. Not thread-safe.
 */
public final class HashChain {
  /** The seed that vLLM uses unless told otherwise. */
  public static final String DEFAULT_SEED = "vllm-none-hash";

  /** What chains of the default seed start from. */
  public static final ChunkKey NONE_HASH = noneHash(DEFAULT_SEED);

  /** Bytes before the parent: the heads of the outer array and of a string of 32 bytes. */
  private static final int PARENT = 3;

  private final int blockTokens;
  private final int idsOffset;
  private final CborWriter message;
  private final MessageDigest sha256 = Sha256.create();

  /**
   * A chain that goes on behind {@code parent}.
   *
   * @param blockTokens tokens of a block, at least 1
   * @param parent hash of the block before, or the hash that chains start from
   */
  public HashChain(int blockTokens, ChunkKey parent) {
    if (blockTokens < 1) {
      throw new IllegalArgumentException("blocks of " + blockTokens + " tokens: at least 1");
    }
    this.blockTokens = blockTokens;
    this.message = new CborWriter(64);
    message.array(3).value(parent.toBytes()).array(blockTokens);
    this.idsOffset = message.length();
  }

  /** What chains of a seed start from: the SHA-256 of the seed as CBOR text. */
  public static ChunkKey noneHash(String seed) {
    return ChunkKey.of(Sha256.create().digest(CborWriter.encode(seed)), 0);
  }

  /**
   * Hashes the next block.
   *
   * @param tokens holds the block's ids, 0 to 2^31-1
   * @param from index of the block's first id in {@code tokens}
   * @param extras the block's extra keys, as {@link CborWriter#value} takes them; null for none
   * @throws IllegalArgumentException for a negative id, with its index, or an extra key of a kind
   *     that has no encoding; the chain then stands where it stood
   */
  public void add(int[] tokens, int from, List<?> extras) {
    message.truncate(idsOffset);
    message.ids(tokens, from, blockTokens);
    if (extras == null) {
      message.nul();
    } else {
      message.value(extras);
    }
    sha256.update(message.array(), 0, message.length());
    try {
      sha256.digest(message.array(), PARENT, ChunkKey.BYTES);
    } catch (DigestException e) {
      throw new IllegalStateException("SHA-256 has 32 bytes", e);
    }
  }

  /** Hash of the block added last; of none added, the parent that the chain began with. */
  public ChunkKey last() {
    return ChunkKey.of(message.array(), PARENT);
  }
}
