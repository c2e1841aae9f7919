package io.kvcache;

import java.util.List;

/**
 * Hears which chunks come and go, for routers that send a prompt to where its prefix is. Called on
 * the thread on which it happened, requests' and I/O threads alike, with no lock of a tier or a
 * pool held: be quick. An exception is logged and changes nothing. Events of different threads may
 * arrive out of order.
 *
 * <p>Of {@link Tier#STORE} it hears what this cache writes, and what it removes as corrupt; not
 * what evictors and purges remove from the directory.
 */
public interface KvCacheListener {
  /** The chunk's attention rows are now in that tier. */
  default void stored(ChunkEvent event) {}

  /** The chunk's attention rows are no longer in that tier. */
  default void removed(ChunkEvent event) {}

  /**
   * Which chunk, and where.
   *
   * @param tier the tier it came to or left
   * @param key its key
   * @param parent key of the chunk before it
   * @param from position in the prompt of its first token
   * @param count how many tokens it has
   * @param tokens their ids, for routers that hash prompts their own way; empty when it is removed
   */
  record ChunkEvent(
      Tier tier, ChunkKey key, ChunkKey parent, int from, int count, List<Integer> tokens) {
    public ChunkEvent {
      tokens = List.copyOf(tokens);
    }

    /** The tier by the name that vLLM's events give it. */
    public String medium() {
      return tier.medium();
    }
  }
}
