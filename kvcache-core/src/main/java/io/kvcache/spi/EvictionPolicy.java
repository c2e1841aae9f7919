package io.kvcache.spi;

import java.util.function.IntPredicate;

/**
 * Chooses what leaves a full tier. The tier names what it holds by slot numbers, small and dense,
 * so that a policy can keep its notes in arrays; a slot number is reused after {@link #removed}.
 *
 * <ul>
 *   <li>Prefix-closed: of two slots on one prompt's path the deeper leaves first. A chunk without
 *       the chunks before it is useless.
 *   <li>Called under the tier's lock, by one thread at a time: be short, never block, never call
 *       back.
 *   <li>A policy knows no bytes and no clock but what it is told, so that a replay of a trace and a
 *       serving tier decide alike.
 * </ul>
 */
public interface EvictionPolicy {
  /**
   * The slot now holds a chunk that was not resident; it is the newest.
   *
   * @param slot its number
   * @param key the last 8 bytes of the chunk's key, to recognise it when it comes back
   * @param index the chunk's place in its prompt, from 0
   */
  void inserted(int slot, long key, int index);

  /**
   * A request used this path.
   *
   * @param path slots from the front of the prompt to its tail
   * @param length how many of {@code path} count
   */
  void used(int[] path, int length);

  /** The slot is empty: evicted, or given up. */
  void removed(int slot);

  /**
   * Names the slot to empty next, without removing it.
   *
   * @param evictable says whether a slot may be emptied now; pinned ones may not
   * @return a slot for which {@code evictable} holds, or -1 if there is none
   */
  int victim(IntPredicate evictable);

  /** Makes one policy for each group of slots of a tier. */
  @FunctionalInterface
  interface Factory {
    /** A policy that holds nothing yet. */
    EvictionPolicy create();
  }
}
