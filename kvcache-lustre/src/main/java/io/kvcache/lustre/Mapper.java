package io.kvcache.lustre;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets anonymous memory of one kind of page, aligned, prepared and, if wanted, faulted in; keeps
 * nothing of it. Thread-safe: nothing changes but whether a warning was given.
 */
final class Mapper {
  private static final Logger log = LoggerFactory.getLogger(Mapper.class);

  /** Bytes of a huge page, and of what is worth one. */
  static final int HUGE_PAGE = 2 << 20;

  /** Whole pages on every kernel: those of some aarch64 ones are that large, others are smaller. */
  static final int LARGEST_SMALL_PAGE = 64 << 10;

  private static final int SMALLEST_PAGE = 4 << 10;

  private final MappingCalls calls;
  private final boolean pool;
  private final boolean transparent;
  private final boolean prefault;
  private final AtomicBoolean poolWasEmpty = new AtomicBoolean();

  /**
   * @param pool whether reserved huge pages are tried first
   * @param transparent whether transparent ones are asked for; if not, there shall be none
   * @param prefault whether memory is faulted in at once
   */
  Mapper(MappingCalls calls, boolean pool, boolean transparent, boolean prefault) {
    this.calls = calls;
    this.pool = pool;
    this.transparent = transparent;
    this.prefault = prefault;
  }

  /** The most bytes that a mapping for so many has. */
  long mostBytes(int bytes) {
    return roundedUp(bytes, wantsPool(bytes, 1) ? HUGE_PAGE : LARGEST_SMALL_PAGE);
  }

  /**
   * Maps memory.
   *
   * @throws MappingException if the system refuses; then, and after any other failure, nothing
   *     stays mapped
   */
  Mapping map(int bytes, int alignment) throws MappingException {
    if (wantsPool(bytes, alignment)) {
      try {
        return prepared(fromPool(bytes), bytes);
      } catch (MappingException e) {
        if (poolWasEmpty.compareAndSet(false, true)) {
          log.warn(
              "no reserved huge pages for {} bytes, other pages instead: {}; raise"
                  + " vm.nr_hugepages by {} for each such arena",
              bytes,
              e.getMessage(),
              mostBytes(bytes) / HUGE_PAGE);
        }
      }
    }
    return prepared(aligned(bytes, alignment), bytes);
  }

  /** Unmaps it; nothing may touch it any more. 0, or an errno negated. */
  int unmap(Mapping mapping) {
    return calls.unmap(mapping.address(), mapping.bytes());
  }

  private boolean wantsPool(int bytes, int alignment) {
    return pool && bytes >= HUGE_PAGE && alignment <= HUGE_PAGE;
  }

  private Mapping fromPool(int bytes) throws MappingException {
    long length = roundedUp(bytes, HUGE_PAGE);
    long address = calls.map(length, MappingCalls.FROM_POOL);
    if (address < 0) {
      throw new MappingException("mmap of " + length + " bytes of reserved huge pages", address);
    }
    try {
      return new Mapping(address, length, HugePages.RESERVED);
    } catch (OutOfMemoryError e) {
      calls.unmap(address, length);
      throw e;
    }
  }

  /** Maps more than is needed, and gives back what is before and behind the aligned part. */
  private Mapping aligned(int bytes, int alignment) throws MappingException {
    boolean huge = transparent && bytes >= HUGE_PAGE;
    long length = roundedUp(bytes, LARGEST_SMALL_PAGE);
    long boundary = huge ? Math.max(HUGE_PAGE, alignment) : alignment;
    long more = Math.max(boundary, LARGEST_SMALL_PAGE);
    long start = calls.map(length + more, 0);
    if (start < 0) {
      throw new MappingException("mmap of " + (length + more) + " bytes", start);
    }
    long end = start + length + more;
    long address = roundedUp(start, more);
    try {
      cut(start, address);
      start = address;
      cut(address + length, end);
      end = address + length;
      return new Mapping(address, length, huge ? HugePages.AUTO : HugePages.NONE);
    } catch (MappingException | RuntimeException | Error e) {
      // All that is still ours goes: what was cut off may be somebody else's by now.
      calls.unmap(start, end - start);
      throw e;
    }
  }

  private void cut(long from, long to) throws MappingException {
    int result = from == to ? 0 : calls.unmap(from, to - from);
    if (result < 0) {
      throw new MappingException("munmap of " + (to - from) + " bytes around an arena", result);
    }
  }

  private Mapping prepared(Mapping got, int bytes) throws MappingException {
    try {
      return prepare(got, bytes);
    } catch (MappingException | RuntimeException | Error e) {
      unmap(got);
      throw e;
    }
  }

  /** Advice is not needed to work, so only a failure to fault in counts. */
  private Mapping prepare(Mapping got, int bytes) throws MappingException {
    calls.advise(got.address(), got.bytes(), MappingCalls.DONT_FORK);
    Mapping mapping = got;
    if (got.pages() == HugePages.AUTO
        && calls.advise(got.address(), got.bytes(), MappingCalls.HUGE_PAGES) < 0) {
      mapping = new Mapping(got.address(), got.bytes(), HugePages.NONE);
    } else if (!transparent && got.pages() == HugePages.NONE) {
      calls.advise(got.address(), got.bytes(), MappingCalls.SMALL_PAGES);
    }
    // A page that a pool owes but may not give, in a control group, would kill the JVM at its use.
    if (prefault || got.pages() == HugePages.RESERVED) {
      int populated = calls.advise(mapping.address(), mapping.bytes(), MappingCalls.POPULATE);
      if (populated == -Errno.EINVAL) {
        touch(mapping.view(bytes));
      } else if (populated < 0) {
        throw new MappingException("faulting in " + mapping.bytes() + " bytes", populated);
      }
    }
    return mapping;
  }

  private static void touch(ByteBuffer memory) {
    for (long at = 0; at < memory.capacity(); at += SMALLEST_PAGE) {
      memory.put((int) at, (byte) 0);
    }
  }

  private static long roundedUp(long value, long powerOfTwo) {
    return (value + powerOfTwo - 1) & -powerOfTwo;
  }
}
