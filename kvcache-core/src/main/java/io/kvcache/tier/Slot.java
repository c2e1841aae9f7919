package io.kvcache.tier;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An aligned piece of tier memory that holds one image of one group, byte for byte as on disk. Its
 * memory is got when it is first asked for. Whoever holds the slot may ask, on any thread.
 */
public final class Slot {
  private final int group;
  private final int number;
  private final Arena arena;
  private final int offset;
  private final int length;
  private volatile ByteBuffer bytes;
  private volatile OutOfMemoryError refusal;

  Slot(int group, int number, Arena arena, int offset, int length) {
    this.group = group;
    this.number = number;
    this.arena = arena;
    this.offset = offset;
    this.length = length;
  }

  /** A slot of a tier that moves no bytes. */
  static Slot counted(int number) {
    return new Slot(0, number, null, 0, 0);
  }

  /** The group whose images fit. */
  public int group() {
    return group;
  }

  /** Small and dense within the group. */
  public int number() {
    return number;
  }

  /**
   * The memory: direct, little-endian, position 0, exactly one image long; null if it is a
   * device's, and in a tier without bytes.
   *
   * @throws OutOfMemoryError if the host has none for it; the slot is then broken for good
   */
  public ByteBuffer bytes() {
    ByteBuffer known = bytes;
    if (known != null || arena == null) {
      return known;
    }
    try {
      ByteBuffer slice = arena.slice(offset, length);
      known = slice == null ? null : slice.order(ByteOrder.LITTLE_ENDIAN);
    } catch (OutOfMemoryError e) {
      refusal = e;
      throw e;
    }
    bytes = known;
    return known;
  }

  /**
   * Where on the device the memory is; 0 if it is the host's, or in a tier without bytes.
   *
   * @throws OutOfMemoryError if the device has none for it; the slot is then broken for good
   */
  public long deviceAddress() {
    if (arena == null) {
      return 0;
    }
    try {
      return arena.address(offset);
    } catch (OutOfMemoryError e) {
      refusal = e;
      throw e;
    }
  }

  /** Gets the memory; false if there is none, and never will be. */
  boolean isUsable() {
    try {
      bytes();
      deviceAddress();
      return true;
    } catch (OutOfMemoryError e) {
      return false;
    }
  }

  /** Whether both have their memory from the same arena. */
  boolean sharesArena(Slot other) {
    return arena == other.arena;
  }

  /** Whether there was no memory for it. */
  boolean isBroken() {
    return refusal != null;
  }

  /** Why there was none; null if there was. */
  String refusal() {
    OutOfMemoryError known = refusal;
    return known == null ? null : known.getMessage();
  }
}
