package io.kvcache.tier;

import io.kvcache.ChunkKey;
import io.kvcache.PromptKeys;
import io.kvcache.TierStats;
import io.kvcache.spi.EvictionPolicy;
import io.kvcache.store.PendingIo;
import io.kvcache.store.ReadOutcome;
import io.kvcache.store.StoredChunk;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A memory tier: slots, an index of the images in them, one eviction policy per group, counters.
 *
 * <p><b>Concurrency.</b> One lock guards the index, the pins, the policies and the free slots. It
 * is held for map and list operations only: bytes are moved by those who hold a pin or a slot of
 * their own, never under the lock. An image is found by others as soon as it is indexed; whether
 * its bytes are there is said by {@link ResidentImage#loaded}. A slot changes hands only through
 * the lock (given back, then taken), so whoever takes it sees everything that was done to it
 * before.
 *
 * <p><b>Ownership.</b> Each method that pins says so; each pin is given back once by {@link
 * #unpin}. A slot from {@link #take} goes back through {@link #publish} or {@link #give}. An image
 * being read carries a pin of the read itself, so its slot cannot be reused before the system call
 * returned, whoever stopped waiting for it.
 *
 * <p><b>Prefix closure.</b> Policies order whole paths, see {@link #used}, and a pinned path is
 * pinned from its front; so what a policy offers first is a leaf. Where a failed read leaves a
 * hole, the chunks behind it cannot be reached by a lookup, grow old, and leave first.
 */
public final class SlotTier implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SlotTier.class);

  private final ReentrantLock lock = new ReentrantLock();
  private final SlotSource slots;
  private final List<Group> groups = new ArrayList<>();
  private final Consumer<StoredChunk> onEvicted;
  private final int eventGroup;
  private boolean closed;
  private boolean freed;

  /** What the lock guards of one group. */
  private static final class Group {
    final Map<ChunkKey, ResidentImage> index = new HashMap<>();
    final EvictionPolicy policy;
    ResidentImage[] bySlot = new ResidentImage[64];
    long slotsTaken;
    long pinned;
    long inserted;
    long evicted;

    Group(EvictionPolicy policy) {
      this.policy = policy;
    }

    /**
     * The image of a chunk in its scope. Keys tell scopes apart but for one case: where a chunk is
     * a single block, a salt and an adapter of the same name hash alike in the first one.
     */
    ResidentImage find(ChunkKey key, byte[] scopeDigest) {
      ResidentImage image = index.get(key);
      return image != null && Arrays.equals(image.chunk.scopeDigest(), scopeDigest) ? image : null;
    }

    boolean evictable(int slot) {
      return bySlot[slot].pins == 0;
    }
  }

  /** Fills an image's slot, on whatever thread. One that throws is a failed read. */
  interface Loader {
    PendingIo<ReadOutcome> load(StoredChunk chunk, Slot slot);
  }

  /**
   * @param slots where images live; closed with the tier
   * @param policies makes one policy per group
   * @param eventGroup the group whose evictions are told
   * @param onEvicted called outside the lock, on the thread that needed the room
   */
  public SlotTier(
      SlotSource slots,
      EvictionPolicy.Factory policies,
      int eventGroup,
      Consumer<StoredChunk> onEvicted) {
    this.slots = slots;
    this.eventGroup = eventGroup;
    this.onEvicted = onEvicted;
    for (int g = 0; g < slots.groups(); g++) {
      groups.add(new Group(policies.create()));
    }
  }

  /**
   * Pins the leading images of a prompt.
   *
   * @param from first chunk to look at
   * @param to chunk to stop before
   * @param into gets the pinned images at their chunks' places
   * @return the first chunk that is not resident, or {@code to}
   */
  public int pinLeading(PromptKeys keys, int group, int from, int to, ResidentImage[] into) {
    Group g = groups.get(group);
    byte[] scope = keys.scope().digest();
    lock.lock();
    try {
      for (int i = from; i < to; i++) {
        ResidentImage image = g.find(keys.chunk(i), scope);
        if (image == null) {
          return i;
        }
        into[i] = pinned(g, image);
      }
      return to;
    } finally {
      lock.unlock();
    }
  }

  /** Pins an image, or returns null if it is not resident. */
  ResidentImage pin(StoredChunk chunk, int group) {
    Group g = groups.get(group);
    lock.lock();
    try {
      ResidentImage image = g.find(chunk.key(), chunk.scopeDigest());
      return image == null ? null : pinned(g, image);
    } finally {
      lock.unlock();
    }
  }

  /** How many leading chunks of a prompt have a resident image of the group. */
  int leading(PromptKeys keys, int group, int to) {
    Group g = groups.get(group);
    byte[] scope = keys.scope().digest();
    lock.lock();
    try {
      int i = 0;
      while (i < to && g.find(keys.chunk(i), scope) != null) {
        i++;
      }
      return i;
    } finally {
      lock.unlock();
    }
  }

  /** Whether an image is resident, being read included. */
  boolean holds(StoredChunk chunk, int group) {
    lock.lock();
    try {
      return groups.get(group).find(chunk.key(), chunk.scopeDigest()) != null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Pins an image, and if it is not resident makes room for it and has it read. Requests for the
   * same image share one read.
   *
   * @return the pinned image, perhaps still being read; or null if there is no room
   */
  ResidentImage pinOrLoad(StoredChunk chunk, int group, Loader loader) {
    Group g = groups.get(group);
    List<StoredChunk> evicted = new ArrayList<>(1);
    ResidentImage image;
    lock.lock();
    try {
      if (g.index.containsKey(chunk.key())) {
        image = g.find(chunk.key(), chunk.scopeDigest());
        return image == null ? null : pinned(g, image);
      }
      Slot slot = takeSlot(g, group, evicted);
      if (slot == null) {
        return null;
      }
      image = insert(g, ResidentImage.loading(chunk, slot));
      pinned(g, image); // the caller's
      pinned(g, image); // the read's
    } finally {
      lock.unlock();
      evicted.forEach(onEvicted);
    }
    ResidentImage reading = image;
    PendingIo<ReadOutcome> read = started(loader, image);
    read.outcome()
        .whenComplete(
            (result, none) -> {
              if (result != ReadOutcome.OK) {
                forget(reading);
              }
              // First, so that a lease whose images have all come holds the only pins; but not
              // before the system call has returned, which an abandoned one may do much later.
              read.released().whenComplete((done, never) -> unpin(reading));
              reading.loaded.complete(result);
            });
    return image;
  }

  // Others may wait for this image already: whatever happens, its read must end.
  private static PendingIo<ReadOutcome> started(Loader loader, ResidentImage image) {
    try {
      return loader.load(image.chunk, image.slot);
    } catch (RuntimeException | Error e) {
      log.warn("{}: a read could not be started", image.chunk, e);
      return PendingIo.ended(ReadOutcome.IO_ERROR);
    }
  }

  /**
   * Takes a slot to fill, its memory at hand; evicts if there is none free. Nobody else sees it.
   *
   * @return null if there is no room
   */
  public Slot take(int group) {
    Slot slot = takeAny(group);
    while (slot != null && !slot.isUsable()) {
      give(slot);
      slot = takeAny(group);
    }
    return slot;
  }

  private Slot takeAny(int group) {
    List<StoredChunk> evicted = new ArrayList<>(1);
    lock.lock();
    try {
      return takeSlot(groups.get(group), group, evicted);
    } finally {
      lock.unlock();
      evicted.forEach(onEvicted);
    }
  }

  /** Gives back a slot that was taken and not published. */
  void give(Slot slot) {
    lock.lock();
    try {
      release(groups.get(slot.group()), slot);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes a filled slot findable, and pins it for the caller. If somebody was faster with the same
   * image, the slot is given back and theirs is pinned. In a closed tier nobody finds it, and its
   * slot goes with its last pin.
   */
  public ResidentImage publish(StoredChunk chunk, Slot slot) {
    Group g = groups.get(slot.group());
    lock.lock();
    try {
      ResidentImage there = g.index.get(chunk.key());
      if (there != null) {
        release(g, slot);
        return pinned(g, there);
      }
      ResidentImage image = ResidentImage.filled(chunk, slot);
      if (closed) {
        image.indexed = false;
        return pinned(g, image);
      }
      return pinned(g, insert(g, image));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Tells the policy that a request used this path.
   *
   * @param path images of one group, all pinned by the caller, front first; null entries are passed
   *     over
   */
  public void used(int group, ResidentImage[] path, int from, int to) {
    Group g = groups.get(group);
    int[] numbers = new int[Math.max(0, to - from)];
    int length = 0;
    lock.lock();
    try {
      for (int i = from; i < to; i++) {
        if (path[i] != null && path[i].indexed) {
          numbers[length++] = path[i].slot.number();
        }
      }
      g.policy.used(numbers, length);
    } finally {
      lock.unlock();
    }
  }

  /** Adds a pin to an image that the caller has pinned already. */
  void pinAgain(ResidentImage image) {
    lock.lock();
    try {
      pinned(groups.get(image.group()), image);
    } finally {
      lock.unlock();
    }
  }

  /** Gives one pin back. */
  void unpin(ResidentImage image) {
    lock.lock();
    try {
      unpinned(image);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives one pin back for each image in the range, and clears it; null entries are passed over.
   */
  public void unpin(ResidentImage[] images, int from, int to) {
    lock.lock();
    try {
      for (int i = from; i < to; i++) {
        if (images[i] != null) {
          unpinned(images[i]);
          images[i] = null;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes an image out of the index; its slot is free once its last pin is given back. */
  void forget(ResidentImage image) {
    lock.lock();
    try {
      Group g = groups.get(image.group());
      if (image.indexed) {
        removeFromIndex(g, image);
        if (image.pins == 0) {
          release(g, image.slot);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Gauges and counters of this moment. */
  public TierStats stats() {
    lock.lock();
    try {
      long used = 0;
      long images = 0;
      long pinnedImages = 0;
      long inserted = 0;
      long evicted = 0;
      for (int i = 0; i < groups.size(); i++) {
        Group g = groups.get(i);
        used += g.slotsTaken * slots.slotBytes(i);
        images += g.index.size();
        pinnedImages += g.pinned;
        inserted += g.inserted;
        evicted += g.evicted;
      }
      return new TierStats(slots.capacityBytes(), used, images, pinnedImages, inserted, evicted);
    } finally {
      lock.unlock();
    }
  }

  /** Forgets everything. Memory is freed at once, or when the last pin is given back. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      for (Group g : groups) {
        for (ResidentImage image : List.copyOf(g.index.values())) {
          removeFromIndex(g, image);
          if (image.pins == 0) {
            release(g, image.slot);
          }
        }
      }
      closeIfIdle();
    } finally {
      lock.unlock();
    }
  }

  private void closeIfIdle() {
    if (closed && !freed && groups.stream().allMatch(g -> g.slotsTaken == 0)) {
      freed = true;
      slots.close();
    }
  }

  private Slot takeSlot(Group g, int group, List<StoredChunk> evicted) {
    if (closed) {
      return null;
    }
    Slot slot = slots.take(group);
    if (slot == null) {
      int victim = g.policy.victim(g::evictable);
      if (victim < 0) {
        return null;
      }
      ResidentImage image = g.bySlot[victim];
      removeFromIndex(g, image);
      release(g, image.slot);
      g.evicted++;
      if (group == eventGroup) {
        evicted.add(image.chunk);
      }
      slot = slots.take(group);
    }
    g.slotsTaken++;
    return slot;
  }

  private void release(Group g, Slot slot) {
    g.slotsTaken--;
    slots.give(slot);
    closeIfIdle();
  }

  private ResidentImage insert(Group g, ResidentImage image) {
    int number = image.slot.number();
    if (number >= g.bySlot.length) {
      g.bySlot = Arrays.copyOf(g.bySlot, Math.max(number + 1, 2 * g.bySlot.length));
    }
    g.bySlot[number] = image;
    g.index.put(image.key(), image);
    g.policy.inserted(number, image.key().id64(), image.chunk.index());
    g.inserted++;
    return image;
  }

  private void removeFromIndex(Group g, ResidentImage image) {
    g.index.remove(image.key());
    g.policy.removed(image.slot.number());
    image.indexed = false;
  }

  private ResidentImage pinned(Group g, ResidentImage image) {
    if (image.pins++ == 0) {
      g.pinned++;
    }
    return image;
  }

  private void unpinned(ResidentImage image) {
    Group g = groups.get(image.group());
    if (image.pins == 0) {
      throw new IllegalStateException(image.chunk + " is unpinned more often than pinned");
    }
    if (--image.pins == 0) {
      g.pinned--;
      if (!image.indexed) {
        release(g, image.slot);
      }
    }
  }
}
