package io.kvcache.prefix;

import io.kvcache.ChunkKey;

/**
 * Chunk keys that prompts with the same beginning share: each prompt reads the first so many of
 * them. The first prompt to grow takes the free places behind its own keys; a second one that grows
 * from there finds them taken and copies.
 *
 * <p>Safe publication: places are written under the lock, before the prompt that may read them is
 * built, and are never written again. Whoever extends a prompt has entered the lock after the
 * writer of that prompt's keys left it (even if the prompt came through a data race: the lock was
 * released before there was a prompt to find), so all earlier keys happen before it and, through
 * the final fields of the prompt it builds next, before every reader of that one. Reading needs no
 * lock.
 */
final class SharedKeys {
  private static final ChunkKey[] NO_KEYS = {};

  private final ChunkKey[] keys;

  /** Places taken; guarded by this. */
  private int used;

  private SharedKeys(ChunkKey[] keys, int used) {
    this.keys = keys;
    this.used = used;
  }

  static SharedKeys empty() {
    return new SharedKeys(NO_KEYS, 0);
  }

  /** The i-th key; the caller knows that its prompt has that many. */
  ChunkKey get(int i) {
    return keys[i];
  }

  /** The first {@code count} keys and the added ones behind them: here if possible, else copied. */
  synchronized SharedKeys with(int count, ChunkKey[] added) {
    if (added.length == 0) {
      return this;
    }
    int needed = count + added.length;
    if (used == count && needed <= keys.length) {
      System.arraycopy(added, 0, keys, count, added.length);
      used = needed;
      return this;
    }
    if (count == 0) {
      return new SharedKeys(added, needed);
    }
    // Half as much again, so that a conversation of n turns copies each key a few times, not n.
    long roomy = needed + (needed >> 1) + 4L;
    ChunkKey[] copy = new ChunkKey[(int) Math.min(roomy, Integer.MAX_VALUE - 8)];
    System.arraycopy(keys, 0, copy, 0, count);
    System.arraycopy(added, 0, copy, count, added.length);
    return new SharedKeys(copy, needed);
  }
}
