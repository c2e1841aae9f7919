package io.kvcache.store;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * The calls that wait for an I/O thread, and which of them goes next: an earlier {@link Lane}
 * first, within a lane the first come first. Three things bend that:
 *
 * <ul>
 *   <li>Reads under way are bounded by bytes. The next one waits until it fits, and no other read
 *       passes it, or a large one would wait for ever.
 *   <li>Writes leave some threads to reads, so that slow writes never hold up all of them.
 *   <li>A write that has waited too long goes before reads, on a few threads, so that endless reads
 *       do not keep everything from the disk.
 * </ul>
 *
 * <p>Not thread-safe: the pool's lock guards it.
 */
final class IoQueue {
  private final IoLimits limits;
  private final Map<Lane, LinkedHashSet<IoCall<?>>> lanes = new EnumMap<>(Lane.class);
  private long readBytes;
  private int writing;
  private int background;

  IoQueue(IoLimits limits) {
    this.limits = limits;
    for (Lane lane : Lane.values()) {
      lanes.put(lane, new LinkedHashSet<>());
    }
  }

  void add(IoCall<?> call) {
    lanes.get(call.lane).add(call);
    background += call.background ? 1 : 0;
  }

  /** Takes a call out; false if it is not queued. */
  boolean remove(IoCall<?> call) {
    boolean removed = lanes.get(call.lane).remove(call);
    background -= removed && call.background ? 1 : 0;
    return removed;
  }

  /** Takes all calls out. */
  List<IoCall<?>> removeAll() {
    List<IoCall<?>> all = new ArrayList<>();
    lanes.values().forEach(all::addAll);
    lanes.values().forEach(LinkedHashSet::clear);
    background = 0;
    return all;
  }

  /** Takes all calls of a lane out. */
  List<IoCall<?>> removeAll(Lane lane) {
    List<IoCall<?>> all = List.copyOf(lanes.get(lane));
    all.forEach(this::remove);
    return all;
  }

  /** A prefetch becomes the last of the demands. */
  void demand(IoCall<?> call) {
    if (call.lane == Lane.PREFETCH && lanes.get(Lane.PREFETCH).remove(call)) {
      call.lane = Lane.DEMAND;
      lanes.get(Lane.DEMAND).add(call);
    }
  }

  /** The call to begin now, left in its place; null if none may. */
  IoCall<?> next(long now) {
    IoCall<?> write = first(Lane.WRITE);
    boolean starved = write != null && now - write.queuedAt >= limits.starvedNanos();
    if (starved && writing < limits.starvedWriters()) {
      return write;
    }
    IoCall<?> lookup = first(Lane.LOOKUP);
    if (lookup != null) {
      return lookup;
    }
    IoCall<?> read = first(Lane.DEMAND);
    if (read == null) {
      read = first(Lane.PREFETCH);
    }
    if (read != null && (readBytes == 0 || readBytes + read.bytes <= limits.maxReadBytes())) {
      return read;
    }
    return writing < limits.writers() ? write : null;
  }

  private IoCall<?> first(Lane lane) {
    LinkedHashSet<IoCall<?>> calls = lanes.get(lane);
    return calls.isEmpty() ? null : calls.iterator().next();
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
    if (call.lane.isRead()) {
      readBytes += sign * call.bytes;
    } else if (call.lane == Lane.WRITE) {
      writing += sign;
    }
  }

  boolean isEmpty() {
    return size() == 0;
  }

  int size() {
    int size = 0;
    for (Lane lane : Lane.values()) {
      size += size(lane);
    }
    return size;
  }

  int size(Lane lane) {
    return lanes.get(lane).size();
  }

  int background() {
    return background;
  }

  long readBytes() {
    return readBytes;
  }
}
