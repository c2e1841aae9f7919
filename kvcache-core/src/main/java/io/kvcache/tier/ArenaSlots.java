package io.kvcache.tier;

import io.kvcache.GroupKind;
import io.kvcache.spi.DeviceMemory;
import io.kvcache.spi.HostMemory;
import io.kvcache.store.Namespace;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Slots in memory of the host or of a device: arenas, each cut into aligned slots of one group. An
 * arena is set apart when its first slot is taken, and its memory is got when that slot is filled:
 * small ones, since whoever comes first waits for the zeroing of the whole.
 *
 * <p>Groups share the capacity by demand: an arena goes to the group that asks for it, so the mix
 * that the engine really stores decides, and from then on every group recycles its own slots. What
 * a prefix needs of each group is kept back for it (a whole window of images, one state), and where
 * it fits a sixteenth of the capacity for each window or state group, so that a hybrid layout never
 * finds all memory taken by its full group.
 *
 * <p>Not thread-safe: the tier's lock guards it. Whoever holds a slot owns its bytes.
 */
public final class ArenaSlots implements SlotSource {
  private static final Logger log = LoggerFactory.getLogger(ArenaSlots.class);

  /** An image that is larger has an arena of its own. */
  private static final long ARENA_BYTES = 32L << 20;

  /** Small arenas share a capacity between groups more finely; large ones cost fewer mappings. */
  private static final int ARENAS_PER_CAPACITY = 16;

  /** A window or state group is never squeezed below this part of the capacity. */
  private static final int SMALLEST_SHARE = 16;

  private final Namespace namespace;
  private final IntFunction<Arena> newArena;
  private final long capacityBytes;
  private final List<Arena> arenas = new ArrayList<>();
  private final List<Deque<Slot>> free = new ArrayList<>();
  private final int[] made;
  private final int[] least;
  private long unassigned;
  private boolean outOfMemory;

  /**
   * Slots in host memory.
   *
   * @param namespace whose images the slots hold
   * @param capacityBytes bytes of all slots at most; alignment adds less than one page per arena
   * @param memory where arenas come from
   */
  public ArenaSlots(Namespace namespace, long capacityBytes, HostMemory memory) {
    this(
        namespace,
        capacityBytes,
        bytes -> new HostArena(memory, bytes, namespace.layout().alignment()));
  }

  /**
   * Slots in a device's memory.
   *
   * @param namespace whose images the slots hold
   * @param capacityBytes bytes of all slots at most
   * @param device where arenas come from
   */
  public ArenaSlots(Namespace namespace, long capacityBytes, DeviceMemory device) {
    this(namespace, capacityBytes, bytes -> new DeviceArena(device, bytes));
  }

  private ArenaSlots(Namespace namespace, long capacityBytes, IntFunction<Arena> newArena) {
    this.namespace = namespace;
    this.newArena = newArena;
    this.capacityBytes = capacityBytes;
    this.unassigned = capacityBytes;
    this.made = new int[groups()];
    this.least = least();
    for (int g = 0; g < groups(); g++) {
      free.add(new ArrayDeque<>());
    }
  }

  @Override
  public int groups() {
    return namespace.layout().groups().size();
  }

  @Override
  public long slotBytes(int group) {
    return namespace.image(group).imageBytes();
  }

  @Override
  public Slot take(int group) {
    Slot slot = free.get(group).poll();
    return slot == null && grow(group) ? free.get(group).poll() : slot;
  }

  @Override
  public void give(Slot slot) {
    if (!slot.isBroken()) {
      free.get(slot.group()).push(slot);
      return;
    }
    // There is no memory for them either, and each would cost whoever takes it next a read.
    free.get(slot.group()).removeIf(slot::sharesArena);
    if (!outOfMemory) {
      // A smaller tier serves; a failed request would not.
      outOfMemory = true;
      log.warn(
          "a tier grows no more, with about {} of {} bytes: {}",
          capacityBytes - unassigned,
          capacityBytes,
          slot.refusal());
    }
  }

  @Override
  public long capacityBytes() {
    return capacityBytes;
  }

  private boolean grow(int group) {
    long slotBytes = slotBytes(group);
    long wanted = Math.min(ARENA_BYTES, capacityBytes / ARENAS_PER_CAPACITY);
    long available = Math.max(0, unassigned - keptBack(group));
    int slots = (int) Math.min(Math.max(1, wanted / slotBytes), available / slotBytes);
    if (slots == 0 || outOfMemory) {
      return false;
    }
    Arena arena = newArena.apply(Math.toIntExact(slots * slotBytes));
    arenas.add(arena);
    unassigned -= slots * slotBytes;
    for (int i = 0; i < slots; i++) {
      int offset = Math.toIntExact(i * slotBytes);
      free.get(group).add(new Slot(group, made[group]++, arena, offset, (int) slotBytes));
    }
    return true;
  }

  private long keptBack(int group) {
    long bytes = 0;
    for (int g = 0; g < groups(); g++) {
      if (g != group) {
        bytes += Math.max(0, least[g] - made[g]) * slotBytes(g);
      }
    }
    return bytes;
  }

  /**
   * Slots of each group for the longest prefix that fits, or for as long as the widest window; and
   * a share of the capacity for each window and state group, since many requests want their own.
   */
  private int[] least() {
    int widest = 1;
    for (int g = 0; g < groups(); g++) {
      widest = Math.max(widest, windowChunks(g));
    }
    int chunks = 1;
    while (chunks < widest && bytes(least(chunks + 1)) <= capacityBytes) {
      chunks++;
    }
    int[] slots = least(chunks);
    int[] shares = slots.clone();
    for (int g = 0; g < groups(); g++) {
      if (namespace.layout().groups().get(g).kind() != GroupKind.FULL) {
        long share = capacityBytes / SMALLEST_SHARE / slotBytes(g);
        shares[g] = (int) Math.max(slots[g], Math.min(share, Integer.MAX_VALUE));
      }
    }
    return bytes(shares) <= capacityBytes ? shares : slots;
  }

  private int[] least(int chunks) {
    int[] slots = new int[groups()];
    for (int g = 0; g < groups(); g++) {
      slots[g] =
          switch (namespace.layout().groups().get(g).kind()) {
            case FULL -> chunks;
            case WINDOW -> Math.min(chunks, windowChunks(g));
            case STATE -> 1;
          };
    }
    return slots;
  }

  /** Chunks that one window touches at most; 1 for the other kinds. */
  private int windowChunks(int group) {
    int window = namespace.layout().groups().get(group).window();
    return window < 3 ? 1 : (window - 3) / namespace.layout().chunkTokens() + 2;
  }

  private long bytes(int[] slots) {
    long bytes = 0;
    for (int g = 0; g < groups(); g++) {
      bytes += slots[g] * slotBytes(g);
    }
    return bytes;
  }

  @Override
  public void close() {
    arenas.forEach(Arena::release);
    arenas.clear();
    free.forEach(Deque::clear);
  }
}
