package io.kvcache.store;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Remembers for a while which images were seen in the directory, so that a lookup that was made
 * before makes no existence check. Only presence is remembered: another node may publish what was
 * absent a moment ago. Thread-safe by one lock, held for a map operation.
 */
final class PositiveCache {
  private static final int MAX_ENTRIES = 1 << 16;

  private final long ttlNanos;
  private final ReentrantLock lock = new ReentrantLock();

  // Insertion order is expiry order, so the eldest is the first to forget.
  private final Map<ImagePath, Long> seen =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ImagePath, Long> eldest) {
          return size() > MAX_ENTRIES;
        }
      };

  PositiveCache(long ttlNanos) {
    this.ttlNanos = ttlNanos;
  }

  boolean contains(ImagePath image, long now) {
    lock.lock();
    try {
      Long at = seen.get(image);
      if (at == null) {
        return false;
      }
      if (now - at < ttlNanos) {
        return true;
      }
      seen.remove(image);
      return false;
    } finally {
      lock.unlock();
    }
  }

  void add(ImagePath image, long now) {
    lock.lock();
    try {
      seen.remove(image);
      seen.put(image, now);
    } finally {
      lock.unlock();
    }
  }

  void remove(ImagePath image) {
    lock.lock();
    try {
      seen.remove(image);
    } finally {
      lock.unlock();
    }
  }
}
