package io.kvcache.tier;

import io.kvcache.HbmStats;
import io.kvcache.PromptKeys;
import io.kvcache.Tier;
import io.kvcache.spi.DeviceMemory;
import io.kvcache.spi.DeviceMemoryException;
import io.kvcache.store.StoredChunk;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device's part of the tier stack: a second copy of what is hit in DRAM, so that an engine can
 * use it where it is. Inclusive: whatever leaves DRAM leaves here too, and what leaves here is
 * still in DRAM, so demotion moves no bytes.
 *
 * <p>A path is promoted after it was hit, front first, by one thread, as far as there is room
 * beside what leases hold. It pins the path's DRAM images meanwhile, so few promotions wait; more
 * are dropped: the next hit tries again. A copy that the device refuses ends a promotion, no
 * request.
 *
 * <p>Thread-safe: tiers and queue are, and nothing else changes.
 */
final class HbmTier {
  private static final Logger log = LoggerFactory.getLogger(HbmTier.class);
  private static final int WAITING_PROMOTIONS = 1;

  private static final ResidentImage[] NOTHING = {};

  final SlotTier slots;
  private final TieredKvCache cache;
  private final DeviceMemory device;
  private final ThreadPoolExecutor promoter;
  private final LongAdder dropped = new LongAdder();
  private final LongAdder failedCopies = new LongAdder();

  HbmTier(TieredKvCache cache, DeviceMemory device, long bytes) {
    this.cache = cache;
    this.device = device;
    this.slots =
        new SlotTier(
            new ArenaSlots(cache.namespace, bytes, device),
            LruPolicy::new,
            (chunk, group) -> cache.tellRemoved(Tier.HBM, chunk, group));
    this.promoter =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING_PROMOTIONS),
            task -> {
              Thread thread = new Thread(task, "kvcache-hbm");
              thread.setDaemon(true);
              return thread;
            });
    promoter.allowCoreThreadTimeOut(true);
  }

  /**
   * Has images that were hit copied, as many of each group as there could be room for.
   *
   * @param groups the order in which groups are delivered
   * @param paths by group, front first; null entries are passed over
   */
  void promote(PromptKeys keys, int[] groups, ResidentImage[][] paths) {
    ResidentImage[][] hits = new ResidentImage[paths.length][];
    boolean anything = false;
    for (int g : groups) {
      hits[g] = pinnedAgain(g, paths[g]);
      anything |= hits[g].length > 0;
    }
    if (!anything) {
      return;
    }
    try {
      promoter.execute(() -> promoteNow(keys, groups, hits));
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      // Or the system grants no thread: no reason to fail a request.
      dropped.increment();
      unpin(hits);
    }
  }

  /** Pins what is to be copied, for the copy; empty if all of it is on the device. */
  private ResidentImage[] pinnedAgain(int group, ResidentImage[] path) {
    long room = slots.stats().capacityBytes() / cache.namespace.image(group).imageBytes();
    ResidentImage[] hit = new ResidentImage[path.length];
    int found = 0;
    for (int i = 0; i < path.length && found < room; i++) {
      ResidentImage image = path[i];
      if (image != null && !image.staged && image.isReady() && !slots.holds(image.chunk, group)) {
        cache.dram.pinAgain(image);
        hit[i] = image;
        found++;
      }
    }
    return found == 0 ? NOTHING : hit;
  }

  private void unpin(ResidentImage[][] hits) {
    for (ResidentImage[] hit : hits) {
      cache.dram.unpin(hit, 0, hit.length);
    }
  }

  private void promoteNow(PromptKeys keys, int[] groups, ResidentImage[][] hits) {
    try {
      for (int g : groups) {
        promoteNow(keys, g, hits[g]);
      }
    } catch (DeviceMemoryException | RuntimeException e) {
      failedCopies.increment();
      log.debug("{}: a promotion ended", device, e);
    } finally {
      unpin(hits);
    }
  }

  private void promoteNow(PromptKeys keys, int group, ResidentImage[] hit)
      throws DeviceMemoryException {
    ResidentImage[] here = new ResidentImage[hit.length];
    try {
      slots.pinResident(keys, group, 0, hit.length, here);
      for (int i = 0; i < hit.length; i++) {
        if (hit[i] != null && here[i] == null) {
          here[i] = copied(hit[i], keys);
          if (here[i] == null) {
            return;
          }
        }
      }
    } finally {
      slots.used(group, here, 0, here.length);
      slots.unpin(here, 0, here.length);
    }
  }

  /** Copies one image; null if there is no room. */
  private ResidentImage copied(ResidentImage from, PromptKeys keys) throws DeviceMemoryException {
    Slot slot = slots.take(from.group());
    if (slot == null) {
      return null;
    }
    boolean copied = false;
    try {
      // A duplicate is big-endian, whatever it is one of.
      ByteBuffer bytes = from.slot.bytes().duplicate().order(ByteOrder.LITTLE_ENDIAN);
      device.copyIn(bytes, slot.deviceAddress());
      copied = true;
    } finally {
      if (!copied) {
        slots.give(slot);
      }
    }
    ResidentImage image = slots.publish(from.chunk, slot);
    if (image.slot == slot) {
      cache.tellStored(Tier.HBM, keys, from.chunk, from.group());
    }
    if (!cache.dram.isIndexed(from)) {
      // A tenant was purged meanwhile: pinned, so not evicted, but gone all the same.
      leftDram(from.chunk, from.group());
    }
    return image;
  }

  /** A chunk left DRAM. */
  void leftDram(StoredChunk chunk, int group) {
    if (slots.forget(chunk, group)) {
      cache.tellRemoved(Tier.HBM, chunk, group);
    }
  }

  HbmStats stats() {
    int pending = promoter.getActiveCount() + promoter.getQueue().size();
    return new HbmStats(slots.stats(), dropped.sum(), pending, failedCopies.sum());
  }

  /**
   * Ends promotions, and frees the memory at once or when the last lease lets go of it. Waits for a
   * copy under way, at most so long: the engine may tear its device down next.
   */
  void close(long timeoutNanos) {
    promoter.shutdown();
    slots.close();
    try {
      if (!promoter.awaitTermination(timeoutNanos, TimeUnit.NANOSECONDS)) {
        log.warn("{}: closed with a copy still under way", device);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
