package io.kvcache.bench.io;

import io.kvcache.lustre.LargeMemory;
import io.kvcache.lustre.LustreStore;
import io.kvcache.spi.HostMemory;
import io.kvcache.tier.DirectMemory;
import java.util.Locale;

/** Where the slots are that images are written from and read into. */
public enum SlotMemory {
  /** In the JVM's direct memory, in small pages: what a cache has by default. */
  JVM {
    @Override
    public HostMemory open() {
      return new DirectMemory();
    }
  },

  /** In mapped memory, in huge pages where the system gives them. */
  LARGE {
    @Override
    public HostMemory open() {
      return LargeMemory.open();
    }
  };

  /** Memory of that kind. */
  public abstract HostMemory open();

  /** Whether a disk's requests find large pieces of it: fio beside it must have such pages too. */
  public boolean hugePages() {
    return this == LARGE;
  }

  /** The name on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What suits most: large, where native code can be had. */
  public static SlotMemory best() {
    return LustreStore.unavailable().isEmpty() ? LARGE : JVM;
  }

  /**
   * The kind of that name; {@link #best} of none.
   *
   * @throws IllegalArgumentException if there is none, or this JVM cannot have it
   */
  public static SlotMemory named(String label) {
    if (label == null) {
      return best();
    }
    if (label.equals(LARGE.label()) && best() != LARGE) {
      throw new IllegalArgumentException(label + ": " + LustreStore.unavailable().orElseThrow());
    }
    for (SlotMemory kind : values()) {
      if (kind.label().equals(label)) {
        return kind;
      }
    }
    throw new IllegalArgumentException(label + ": jvm or large");
  }
}
