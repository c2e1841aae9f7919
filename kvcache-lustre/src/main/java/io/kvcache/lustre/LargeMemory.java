package io.kvcache.lustre;

import com.sun.management.OperatingSystemMXBean;
import io.kvcache.spi.HostMemory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Host memory straight from the system: not counted against the JVM's limit of direct memory, in
 * huge pages where the system gives them, faulted in when it is got and not when a request comes to
 * it. For {@link io.kvcache.KvCacheBuilder#hostMemory}; one may serve many caches. Its limit is
 * what the machine or the container has, the heap included, unless a smaller one is set.
 *
 * <p>There is nothing to close: each region is unmapped when the cache that has it gives it back.
 *
 * <p>Thread-safe: its monitor guards the counts, and is not held during system calls.
 */
public final class LargeMemory implements HostMemory {
  private static final Logger log = LoggerFactory.getLogger(LargeMemory.class);
  private static final Path TRANSPARENT = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");

  private final Mapper mapper;
  private final String words;
  private final long limit;
  private final boolean limitIsSet;

  private long mapped;
  private int regions;
  private long reservedHuge;
  private long transparentHuge;
  private long refused;

  private LargeMemory(Builder settings, MappingCalls calls) {
    boolean pool = settings.hugePages == HugePages.RESERVED;
    boolean transparent = settings.hugePages != HugePages.NONE && offersTransparent(TRANSPARENT);
    HugePages pages = pool || transparent ? settings.hugePages : HugePages.NONE;
    this.mapper = new Mapper(calls, pool, transparent, settings.prefault);
    this.words =
        "anonymous mappings (" + pages.words() + (settings.prefault ? ", pre-faulted)" : ")");
    this.limitIsSet = settings.limit > 0;
    this.limit = limitIsSet ? settings.limit : physicalBytes();
  }

  /**
   * With transparent huge pages where there are any, pre-faulted, up to what the machine has.
   *
   * @throws UnsupportedOperationException where native access is not to be had, with the reason
   */
  public static LargeMemory open() {
    return builder().open();
  }

  /** Settings, each at most once. */
  public static Builder builder() {
    return new Builder();
  }

  /** Bytes of memory of this machine or, if that is less, its container. */
  private static long physicalBytes() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getTotalMemorySize();
  }

  /** Whether the kernel backs memory by huge pages when it is asked to. */
  static boolean offersTransparent(Path setting) {
    try {
      return !Files.readString(setting).contains("[never]");
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public Region allocate(int bytes, int alignment) {
    if (bytes < 1 || Integer.bitCount(alignment) != 1 || alignment < 1) {
      throw new IllegalArgumentException(
          "allocate("
              + bytes
              + ", "
              + alignment
              + "): at least 1 byte, and an alignment that is a power of two");
    }
    long most = mapper.mostBytes(bytes);
    reserve(bytes, most);
    Mapping mapping;
    try {
      mapping = mapper.map(bytes, alignment);
    } catch (MappingException e) {
      throw refusedBySystem(bytes, most, e);
    } catch (RuntimeException | Error e) {
      giveBack(most);
      throw e;
    }
    count(mapping, 1, mapping.bytes() - most);
    try {
      return new MappedRegion(this, mapping, bytes);
    } catch (RuntimeException | Error e) {
      // The heap that is full is the JVM's; what is mapped would stay so for good.
      unmap(mapping);
      throw e;
    }
  }

  /** Before the system is asked, so that all together never have more. */
  private synchronized void reserve(int bytes, long most) {
    if (most > limit - mapped) {
      refused++;
      throw new OutOfMemoryError(
          "no "
              + bytes
              + " bytes left of "
              + this
              + ", "
              + mapped
              + " of "
              + limit
              + " are mapped: "
              + remedy(mapped + most));
    }
    mapped += most;
  }

  private synchronized void giveBack(long reserved) {
    mapped -= reserved;
    refused++;
  }

  private synchronized OutOfMemoryError refusedBySystem(
      int bytes, long most, MappingException why) {
    giveBack(most);
    OutOfMemoryError error =
        new OutOfMemoryError(
            "no "
                + bytes
                + " bytes of "
                + this
                + ": "
                + why.getMessage()
                + ", with "
                + mapped
                + " of "
                + limit
                + " bytes mapped: lower dram(...), or raise what the system grants this process:"
                + " the container's memory, ulimit -v, vm.max_map_count, or overcommit with"
                + " vm.overcommit_memory=2");
    error.initCause(why);
    return error;
  }

  private synchronized void count(Mapping mapping, int sign, long bytes) {
    mapped += bytes;
    regions += sign;
    switch (mapping.pages()) {
      case RESERVED -> reservedHuge += sign * mapping.bytes();
      case AUTO -> transparentHuge += sign * mapping.bytes();
      case NONE -> {}
    }
  }

  /** By the region that has it, once. What the system does not take back stays counted. */
  void unmap(Mapping mapping) {
    int result = mapper.unmap(mapping);
    if (result < 0) {
      log.warn("{}: {} bytes were not unmapped: {}", this, mapping.bytes(), Errno.text(-result));
    } else {
      count(mapping, -1, -mapping.bytes());
    }
  }

  @Override
  public long limitBytes() {
    return limit;
  }

  @Override
  public String remedy(long bytes) {
    return limitIsSet
        ? "raise the limit that LargeMemory was opened with to " + bytes + " bytes or more"
        : "give the container, or the machine, that much and the heap beside it, or make dram less";
  }

  @Override
  public synchronized long allocatedBytes() {
    return mapped;
  }

  /** What was given, now. */
  public synchronized LargeMemoryStats stats() {
    return new LargeMemoryStats(mapped, regions, reservedHuge, transparentHuge, limit, refused);
  }

  @Override
  public String toString() {
    return words;
  }

  /** Settings of a {@link LargeMemory}: each at most once. Not thread-safe. */
  public static final class Builder {
    private final Set<String> given = new HashSet<>();
    private HugePages hugePages = HugePages.AUTO;
    private boolean prefault = true;
    private long limit;

    private Builder() {}

    /** Which pages to ask for; default {@link HugePages#AUTO}. */
    public Builder hugePages(HugePages pages) {
      once("hugePages");
      hugePages = Objects.requireNonNull(pages, "hugePages");
      return this;
    }

    /**
     * Whether an arena is faulted in as a whole when it is got, so that no request pays for it page
     * by page; default true. Reserved huge pages always are.
     */
    public Builder prefault(boolean yes) {
      once("prefault");
      prefault = yes;
      return this;
    }

    /**
     * The most that may be mapped, by all caches together; default what the machine or the
     * container has, the heap included.
     *
     * @param bytes at least 1, at most the default
     */
    public Builder limit(long bytes) {
      once("limit");
      long most = physicalBytes();
      if (bytes < 1 || bytes > most) {
        throw new IllegalArgumentException(
            "limit("
                + bytes
                + "): at least 1, at most the "
                + most
                + " bytes that this machine or container has");
      }
      limit = bytes;
      return this;
    }

    /**
     * Opens it; nothing is mapped before a cache asks.
     *
     * @throws UnsupportedOperationException where native access is not to be had, with the reason
     */
    public LargeMemory open() {
      NativeAccess.require(
          "memory straight from the system", "without it, leave hostMemory(...) out");
      return open(new LibcMappingCalls());
    }

    /** With other system calls, for tests. */
    LargeMemory open(MappingCalls calls) {
      return new LargeMemory(this, calls);
    }

    private void once(String setting) {
      if (!given.add(setting)) {
        throw new IllegalArgumentException(setting + " set twice: each setting at most once");
      }
    }
  }
}
