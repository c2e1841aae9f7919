package io.kvcache.tier;

import io.kvcache.spi.EvictionPolicy;
import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * Least recently used, leaf first. A request's path is moved to the new end from its tail to its
 * front, so that of two slots on one path the deeper is always the older: the oldest slot is a leaf
 * without anybody counting children.
 *
 * <p>A doubly linked list in two arrays, indexed by slot. The tier's lock guards it.
 */
public final class LruPolicy implements EvictionPolicy {
  private static final int NONE = -1;

  private int[] older = new int[0];
  private int[] newer = new int[0];
  private int oldest = NONE;
  private int newest = NONE;

  @Override
  public void inserted(int slot, long key, int index) {
    if (slot >= older.length) {
      int size = Math.max(64, Math.max(slot + 1, older.length * 2));
      older = Arrays.copyOf(older, size);
      newer = Arrays.copyOf(newer, size);
    }
    append(slot);
  }

  @Override
  public void used(int[] path, int length) {
    for (int i = length - 1; i >= 0; i--) {
      unlink(path[i]);
      append(path[i]);
    }
  }

  @Override
  public void removed(int slot) {
    unlink(slot);
  }

  @Override
  public int victim(IntPredicate evictable) {
    int slot = oldest;
    while (slot != NONE && !evictable.test(slot)) {
      slot = newer[slot];
    }
    return slot;
  }

  private void append(int slot) {
    older[slot] = newest;
    newer[slot] = NONE;
    if (newest == NONE) {
      oldest = slot;
    } else {
      newer[newest] = slot;
    }
    newest = slot;
  }

  private void unlink(int slot) {
    int before = older[slot];
    int after = newer[slot];
    if (before == NONE) {
      oldest = after;
    } else {
      newer[before] = after;
    }
    if (after == NONE) {
      newest = before;
    } else {
      older[after] = before;
    }
  }
}
