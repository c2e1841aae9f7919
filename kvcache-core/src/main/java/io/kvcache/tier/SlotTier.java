package io.kvcache.tier;

import io.kvcache.ChunkKey;
import io.kvcache.PromptKeys;
import io.kvcache.TierStats;
import io.kvcache.spi.EvictionPolicy;
import io.kvcache.store.PendingIo;
import io.kvcache.store.ReadOutcome;
import io.kvcache.store.StoredChunk;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
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
 *
 * <p><b>Staging, and why leases cannot deadlock.</b> A tier that caches a store has a few slots
 * more for images that stream through: those for which all other slots are pinned. An image in such
 * a slot is known only to restores under way, is no part of the cache, and leaves with its last
 * pin. A restore takes its turn for one, first come first served, see {@link #pinOrStage}; by
 * contract it holds none while it waits, and gives one back as soon as its image is delivered. So a
 * staging slot is always with a restore that waits for no slot (it goes on, or fails) or with a
 * system call (it returns, or is abandoned with its slot), whatever the pins on all other slots do:
 * each restore gets on while one staging slot is left, however many there are and however little
 * fits.
 */
public final class SlotTier implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SlotTier.class);

  private final ReentrantLock lock = new ReentrantLock();
  private final SlotSource slots;
  private final SlotSource staging;
  private final List<Group> groups = new ArrayList<>();
  private final Evictions evictions;
  private boolean closed;
  private boolean freed;

  /** What the lock guards of one group. */
  private static final class Group {
    final Map<ChunkKey, ResidentImage> index = new HashMap<>();
    final EvictionPolicy policy;
    final Deque<StagingTurn> turns = new ArrayDeque<>();
    ResidentImage[] bySlot = new ResidentImage[64];
    long slotsTaken;
    long staged;
    long pinned;

    /** Images that the policy knows and that nobody has pinned. */
    long evictable;

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
      return image != null && !image.staged && Arrays.equals(image.chunk.scopeDigest(), scopeDigest)
          ? image
          : null;
    }

    boolean evictable(int slot) {
      return bySlot[slot].pins == 0;
    }
  }

  /** Hears of evictions, outside the lock, on the thread that needed the room. */
  @FunctionalInterface
  public interface Evictions {
    /** The image of that group left the tier. */
    void evicted(StoredChunk chunk, int group);
  }

  /** Fills an image's slot, on whatever thread. One that throws or breaks is a failed read. */
  interface Loader {
    PendingIo<ReadOutcome> load(ResidentImage image);
  }

  /**
   * A tier through which nothing streams.
   *
   * @param slots where images live; closed with the tier
   * @param policies makes one policy per group
   * @param evictions hears what leaves
   */
  public SlotTier(SlotSource slots, EvictionPolicy.Factory policies, Evictions evictions) {
    this(slots, SlotSource.NONE, policies, evictions);
  }

  /**
   * A tier over a store.
   *
   * @param slots where images live; closed with the tier
   * @param staging where images pass through for which there is no room; closed with the tier
   * @param policies makes one policy per group
   * @param evictions hears what leaves
   */
  public SlotTier(
      SlotSource slots, SlotSource staging, EvictionPolicy.Factory policies, Evictions evictions) {
    this.slots = slots;
    this.staging = staging;
    this.evictions = evictions;
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

  /** Pins those images of a stretch of a prompt that are resident, at their chunks' places. */
  void pinResident(PromptKeys keys, int group, int from, int to, ResidentImage[] into) {
    Group g = groups.get(group);
    byte[] scope = keys.scope().digest();
    lock.lock();
    try {
      for (int i = from; i < to; i++) {
        ResidentImage image = g.find(keys.chunk(i), scope);
        if (image != null && into[i] == null) {
          into[i] = pinned(g, image);
        }
      }
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
    return pinOrLoad(chunk, group, loader, null);
  }

  /**
   * As {@link #pinOrLoad}, through a staging slot if there is no room and it is the caller's turn.
   *
   * @param turn the caller's place in the queue for the group's slots. It joins here if there is no
   *     slot, and leaves by {@link #leave}
   * @return the pinned image, perhaps still being read and perhaps staged; or null: wait for the
   *     turn, holding no staged image of the group, and try again
   */
  ResidentImage pinOrStage(StoredChunk chunk, int group, Loader loader, StagingTurn turn) {
    return pinOrLoad(chunk, group, loader, turn);
  }

  private ResidentImage pinOrLoad(StoredChunk chunk, int group, Loader loader, StagingTurn turn) {
    Group g = groups.get(group);
    List<ResidentImage> evicted = new ArrayList<>(1);
    ResidentImage image;
    lock.lock();
    try {
      ResidentImage there = g.index.get(chunk.key());
      if (there != null && !Arrays.equals(there.chunk.scopeDigest(), chunk.scopeDigest())) {
        return null;
      }
      if (there != null && (turn != null || !there.staged)) {
        return pinned(g, there);
      }
      if (there != null && !there.loaded.isDone()) {
        return null; // it is being read, by a restore that lets it pass through
      }
      Slot slot = takeSlot(g, group, evicted);
      boolean staged = slot == null && turn != null;
      if (staged) {
        slot = takeInTurn(g, group, turn);
      }
      if (slot == null) {
        return null;
      }
      if (there != null) {
        // Those it is staged for keep it; from now on this one, which stays, is found.
        removeFromIndex(g, there);
      }
      image = insert(g, ResidentImage.loading(chunk, slot, staged));
      pinned(g, image); // the caller's
      pinned(g, image); // the read's
    } finally {
      lock.unlock();
      tell(evicted);
    }
    ResidentImage reading = image;
    PendingIo<ReadOutcome> read = started(loader, image);
    image.reading(read);
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

  private void tell(List<ResidentImage> evicted) {
    evicted.forEach(image -> evictions.evicted(image.chunk, image.group()));
  }

  private Slot takeInTurn(Group g, int group, StagingTurn turn) {
    StagingTurn next = g.turns.peek();
    Slot slot = closed || next != null && next != turn ? null : staging.take(group);
    if (slot != null) {
      g.staged++;
      return slot;
    }
    if (!turn.isQueued()) {
      turn.queued(group);
      g.turns.add(turn);
    }
    turn.waitAgain();
    if (g.staged == 0 && g.turns.peek() == turn) {
      turn.hopeless();
    }
    if (closed) {
      turn.call();
    }
    return null;
  }

  /** Gives up a place in the queue, whether or not it led to a slot. */
  void leave(StagingTurn turn) {
    if (!turn.isQueued()) {
      return;
    }
    lock.lock();
    try {
      Group g = groups.get(turn.group());
      g.turns.remove(turn);
      turn.left();
      callNext(g);
    } finally {
      lock.unlock();
    }
  }

  /** Something came free, or the one before left: whoever is first tries again. */
  private static void callNext(Group g) {
    StagingTurn next = g.turns.peek();
    if (next != null) {
      next.call();
    }
  }

  // Others may wait for this image already: whatever happens, its read must end.
  private static PendingIo<ReadOutcome> started(Loader loader, ResidentImage image) {
    try {
      return loader.load(image);
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
    List<ResidentImage> evicted = new ArrayList<>(1);
    lock.lock();
    try {
      return takeSlot(groups.get(group), group, evicted);
    } finally {
      lock.unlock();
      tell(evicted);
    }
  }

  /** Gives back a slot that was taken and not published. */
  public void give(Slot slot) {
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
      if (there != null && there.staged) {
        // Its readers keep it; from now on this one, which stays, is found.
        removeFromIndex(g, there);
      } else if (there != null) {
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
        if (path[i] != null && path[i].indexed && !path[i].staged) {
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

  /** Gives one pin back. A read that nobody waits for any more, and that has not begun, is off. */
  void unpin(ResidentImage image) {
    boolean unwanted;
    lock.lock();
    try {
      unpinned(image);
      unwanted = image.pins == 1;
    } finally {
      lock.unlock();
    }
    if (unwanted) {
      image.cancelRead();
    }
  }

  /**
   * Gives one pin back for each image in the range, and clears it; null entries are passed over.
   */
  public void unpin(ResidentImage[] images, int from, int to) {
    List<ResidentImage> unwanted = new ArrayList<>(0);
    lock.lock();
    try {
      for (int i = from; i < to; i++) {
        if (images[i] != null) {
          unpinned(images[i]);
          if (images[i].pins == 1) {
            unwanted.add(images[i]);
          }
          images[i] = null;
        }
      }
    } finally {
      lock.unlock();
    }
    unwanted.forEach(ResidentImage::cancelRead);
  }

  /** Whether lookups find this very image. */
  boolean isIndexed(ResidentImage image) {
    lock.lock();
    try {
      return image.indexed;
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
          release(g, image);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes the image of a chunk out of the index, if there is one. */
  boolean forget(StoredChunk chunk, int group) {
    lock.lock();
    try {
      ResidentImage image = groups.get(group).find(chunk.key(), chunk.scopeDigest());
      if (image == null) {
        return false;
      }
      forget(image);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Whether no slot will ever be had again. */
  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes every image of a scope out of the index, being read or not; a slot is free once its last
   * pin is given back.
   *
   * @param scopeDigest see {@link io.kvcache.KvScope#tenantDigest()}
   * @return how many there were
   */
  long purge(byte[] scopeDigest) {
    List<ResidentImage> removed = new ArrayList<>();
    long count = 0;
    lock.lock();
    try {
      for (Group g : groups) {
        for (ResidentImage image : List.copyOf(g.index.values())) {
          if (Arrays.equals(image.chunk.scopeDigest(), scopeDigest)) {
            removeFromIndex(g, image);
            if (image.pins == 0) {
              release(g, image);
            }
            count++;
            if (!image.staged) {
              removed.add(image);
            }
          }
        }
      }
    } finally {
      lock.unlock();
    }
    tell(removed);
    return count;
  }

  /** Gauges and counters of this moment. */
  public TierStats stats() {
    lock.lock();
    try {
      long used = 0;
      long stagingUsed = 0;
      long images = 0;
      long pinnedImages = 0;
      long inserted = 0;
      long evicted = 0;
      for (int i = 0; i < groups.size(); i++) {
        Group g = groups.get(i);
        used += g.slotsTaken * slots.slotBytes(i);
        stagingUsed += g.staged * slots.slotBytes(i);
        images += g.index.size();
        pinnedImages += g.pinned;
        inserted += g.inserted;
        evicted += g.evicted;
      }
      return new TierStats(
          slots.capacityBytes(),
          used,
          staging.capacityBytes(),
          stagingUsed,
          images,
          pinnedImages,
          inserted,
          evicted);
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
        g.turns.forEach(StagingTurn::call);
        for (ResidentImage image : List.copyOf(g.index.values())) {
          removeFromIndex(g, image);
          if (image.pins == 0) {
            release(g, image);
          }
        }
      }
      closeIfIdle();
    } finally {
      lock.unlock();
    }
  }

  private void closeIfIdle() {
    if (closed && !freed && groups.stream().allMatch(g -> g.slotsTaken + g.staged == 0)) {
      freed = true;
      slots.close();
      staging.close();
    }
  }

  private Slot takeSlot(Group g, int group, List<ResidentImage> evicted) {
    if (closed) {
      return null;
    }
    Slot slot = slots.take(group);
    // Asked before the policy, which would pass over every pinned slot to find none.
    if (slot == null && g.evictable > 0) {
      int victim = g.policy.victim(g::evictable);
      if (victim < 0) {
        return null;
      }
      ResidentImage image = g.bySlot[victim];
      removeFromIndex(g, image);
      release(g, image);
      g.evicted++;
      evicted.add(image);
      slot = slots.take(group);
    }
    if (slot != null) {
      g.slotsTaken++;
    }
    return slot;
  }

  private void release(Group g, ResidentImage image) {
    if (!image.staged) {
      release(g, image.slot);
      return;
    }
    g.staged--;
    staging.give(image.slot);
    closeIfIdle();
    callNext(g);
  }

  private void release(Group g, Slot slot) {
    g.slotsTaken--;
    slots.give(slot);
    closeIfIdle();
    callNext(g);
  }

  private ResidentImage insert(Group g, ResidentImage image) {
    if (image.staged) {
      g.index.put(image.key(), image);
      return image;
    }
    int number = image.slot.number();
    if (number >= g.bySlot.length) {
      g.bySlot = Arrays.copyOf(g.bySlot, Math.max(number + 1, 2 * g.bySlot.length));
    }
    g.bySlot[number] = image;
    g.index.put(image.key(), image);
    g.evictable++;
    g.policy.inserted(number, image.key().id64(), image.chunk.index());
    g.inserted++;
    return image;
  }

  private void removeFromIndex(Group g, ResidentImage image) {
    g.index.remove(image.key());
    if (!image.staged) {
      g.evictable -= image.pins == 0 ? 1 : 0;
      g.policy.removed(image.slot.number());
    }
    image.indexed = false;
  }

  private ResidentImage pinned(Group g, ResidentImage image) {
    if (image.pins++ == 0) {
      g.pinned++;
      g.evictable -= image.indexed && !image.staged ? 1 : 0;
    }
    return image;
  }

  private void unpinned(ResidentImage image) {
    Group g = groups.get(image.group());
    if (image.pins == 0) {
      throw new IllegalStateException(image.chunk + " is unpinned more often than pinned");
    }
    if (--image.pins > 0) {
      return;
    }
    g.pinned--;
    if (image.staged && image.indexed) {
      removeFromIndex(g, image);
    }
    if (image.indexed) {
      g.evictable++;
      callNext(g);
    } else {
      release(g, image);
    }
  }
}
