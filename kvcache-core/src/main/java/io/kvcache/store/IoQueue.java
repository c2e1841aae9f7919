package io.kvcache.store;

import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.Map;

/**
 * The calls that wait for an I/O thread, and which of them goes next: an earlier {@link Lane}
 * first, within a lane helpers of calls under way before whole calls, and then the first come
 * first. Four things bend that:
 *
 * <ul>
 *   <li>Reads under way are bounded by bytes. The next one waits until it fits, and no other read
 *       passes it, or a large one would wait for ever. Helpers are part of reads that were admitted
 *       with all their bytes, and pass: the sooner those end, the sooner there is room.
 *   <li>Writes leave some threads to reads, so that slow writes never hold up all of them.
 *   <li>A write that has waited too long goes before reads, on a few threads, so that endless reads
 *       do not keep everything from the disk.
 *   <li>Of each kind only so many begin that, if all of them hang, other kinds go on, see {@link
 *       HungThreads}.
 * </ul>
 *
 * <p>Not thread-safe: the pool's lock guards it.
 */
final class IoQueue {
  private static final Lane[] LANES = Lane.values();

  private final IoLimits limits;
  private final HungThreads hung;
  private final Map<Lane, LinkedHashSet<IoCall<?>>> helpers = lanes();
  private final Map<Lane, LinkedHashSet<IoCall<?>>> calls = lanes();
  private long readBytes;
  private int lookingUp;
  private int reading;
  private int writing;
  private int background;

  IoQueue(IoLimits limits, HungThreads hung) {
    this.limits = limits;
    this.hung = hung;
  }

  private static Map<Lane, LinkedHashSet<IoCall<?>>> lanes() {
    Map<Lane, LinkedHashSet<IoCall<?>>> lanes = new EnumMap<>(Lane.class);
    for (Lane lane : LANES) {
      lanes.put(lane, new LinkedHashSet<>());
    }
    return lanes;
  }

  private LinkedHashSet<IoCall<?>> place(IoCall<?> call) {
    return (call.isHelper() ? helpers : calls).get(call.lane);
  }

  /** Queues a call; one that there is no heap for is not queued: its buffer is another's then. */
  void add(IoCall<?> call) {
    add(place(call), call);
    background += call.background ? 1 : 0;
  }

  private static void add(LinkedHashSet<IoCall<?>> some, IoCall<?> call) {
    try {
      some.add(call);
    } catch (OutOfMemoryError e) {
      // It may be in there, and only the table may not have grown.
      some.remove(call);
      throw e;
    }
  }

  /** Takes a call out; false if it is not queued. */
  boolean remove(IoCall<?> call) {
    boolean removed = place(call).remove(call);
    background -= removed && call.background ? 1 : 0;
    return removed;
  }

  /**
   * Takes all calls out, in a chain by {@link IoCall#next}: where there is no heap for one more
   * thread, there may be none for a list.
   */
  IoCall<?> removeAll() {
    IoCall<?> chain = null;
    for (Lane lane : LANES) {
      chain = removeAll(lane, chain);
    }
    return chain;
  }

  /** Takes all calls of a lane out, and puts them before the others of the chain. */
  IoCall<?> removeAll(Lane lane, IoCall<?> chain) {
    return removeAll(calls.get(lane), removeAll(helpers.get(lane), chain));
  }

  private IoCall<?> removeAll(LinkedHashSet<IoCall<?>> some, IoCall<?> chain) {
    IoCall<?> first = chain;
    for (IoCall<?> call : some) {
      call.next = first;
      first = call;
      background -= call.background ? 1 : 0;
    }
    some.clear();
    return first;
  }

  /** A prefetch becomes the last of the demands. */
  void demand(IoCall<?> call) {
    LinkedHashSet<IoCall<?>> before = place(call);
    if (call.lane == Lane.PREFETCH && before.contains(call)) {
      add((call.isHelper() ? helpers : calls).get(Lane.DEMAND), call);
      before.remove(call);
      call.lane = Lane.DEMAND;
    }
  }

  /** The call to begin now, left in its place; null if none may. */
  IoCall<?> next(long now) {
    IoCall<?> write = hung.admits(Lane.WRITE, writing) ? first(Lane.WRITE) : null;
    if (write != null && writing < limits.starvedWriters() && starves(now)) {
      return write;
    }
    IoCall<?> lookup = first(Lane.LOOKUP);
    if (lookup != null && hung.admits(Lane.LOOKUP, lookingUp)) {
      return lookup;
    }
    IoCall<?> read = hung.admits(Lane.DEMAND, reading) ? nextRead() : null;
    if (read != null) {
      return read;
    }
    return writing < limits.writers() ? write : null;
  }

  /** Whether a write has waited too long; a helper cannot, since its write is under way. */
  private boolean starves(long now) {
    IoCall<?> oldest = first(calls, Lane.WRITE);
    return oldest != null && now - oldest.queuedAt >= limits.starvedNanos();
  }

  private IoCall<?> nextRead() {
    IoCall<?> read = first(Lane.DEMAND);
    if (read == null) {
      read = first(Lane.PREFETCH);
    }
    return read == null || fits(read) ? read : first(helpers, Lane.PREFETCH);
  }

  private boolean fits(IoCall<?> read) {
    return read.isHelper() || readBytes == 0 || readBytes + read.bytes <= limits.maxReadBytes();
  }

  private IoCall<?> first(Lane lane) {
    IoCall<?> helper = first(helpers, lane);
    return helper != null ? helper : first(calls, lane);
  }

  private static IoCall<?> first(Map<Lane, LinkedHashSet<IoCall<?>>> some, Lane lane) {
    LinkedHashSet<IoCall<?>> queued = some.get(lane);
    return queued.isEmpty() ? null : queued.iterator().next();
  }

  /** A thread begins that call. */
  void begun(IoCall<?> call) {
    remove(call);
    account(call, 1);
  }

  /** A call that was begun has ended, or is no longer waited for. */
  void ended(IoCall<?> call) {
    account(call, -1);
  }

  private void account(IoCall<?> call, int sign) {
    switch (call.lane) {
      case LOOKUP -> lookingUp += sign;
      case DEMAND, PREFETCH -> {
        reading += sign;
        readBytes += sign * call.bytes;
      }
      case WRITE -> writing += sign;
    }
  }

  /** Whether a thread has nothing to wait for. */
  boolean isEmpty() {
    return size() == 0 && helpers() == 0;
  }

  private int helpers() {
    int size = 0;
    for (Lane lane : LANES) {
      size += helpers.get(lane).size();
    }
    return size;
  }

  /** Whole calls. */
  int size() {
    int size = 0;
    for (Lane lane : LANES) {
      size += size(lane);
    }
    return size;
  }

  /** Whole calls of a lane. */
  int size(Lane lane) {
    return calls.get(lane).size();
  }

  int background() {
    return background;
  }

  long readBytes() {
    return readBytes;
  }
}
