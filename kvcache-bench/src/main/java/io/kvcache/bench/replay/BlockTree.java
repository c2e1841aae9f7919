package io.kvcache.bench.replay;

import java.util.HashMap;
import java.util.Map;

/**
 * Every block seen so far, as a tree: a block is its parent and its id, so equal ids behind
 * different beginnings are different blocks.
 */
final class BlockTree {
  /** What the first block of a path hangs on. */
  static final int ROOT = 0;

  private final Map<Long, Integer> children = new HashMap<>();

  /** The block with that id behind that parent, or -1 if it was never seen. */
  int find(int parent, int id) {
    return children.getOrDefault(key(parent, id), -1);
  }

  /** The block with that id behind that parent, from now on seen. */
  int add(int parent, int id) {
    Integer next = children.size() + 1;
    Integer known = children.putIfAbsent(key(parent, id), next);
    return known == null ? next : known;
  }

  /** How many blocks there are. */
  int size() {
    return children.size();
  }

  private static long key(int parent, int id) {
    return (long) parent << 32 | id;
  }
}
