package io.kvcache.lustre;

import java.util.TreeMap;

/**
 * Real system calls, of which a test may have some fail; keeps what is mapped, and notices when
 * something is unmapped or advised on that is not.
 */
class WatchedCalls implements MappingCalls {
  private final MappingCalls real = new LibcMappingCalls();
  private final TreeMap<Long, Long> ends = new TreeMap<>();
  private boolean wrong;
  private int maps;

  /** The errno of the n-th mapping, from 0, or 0 to let it be made. */
  int refuseMap(int number, int flags) {
    return 0;
  }

  /** The errno of an unmapping of so many bytes, or 0. */
  int refuseUnmap(long bytes) {
    return 0;
  }

  /** The errno of an advice, or 0. */
  int refuseAdvice(int advice) {
    return 0;
  }

  synchronized boolean wrong() {
    return wrong;
  }

  synchronized int maps() {
    return maps;
  }

  synchronized long bytes() {
    return ends.entrySet().stream().mapToLong(range -> range.getValue() - range.getKey()).sum();
  }

  private boolean contains(long address, long bytes) {
    var range = ends.floorEntry(address);
    return range != null && address + bytes <= range.getValue();
  }

  @Override
  public synchronized long map(long bytes, int flags) {
    int errno = refuseMap(maps++, flags);
    long address = errno == 0 ? real.map(bytes, flags) : -errno;
    if (address > 0) {
      wrong |= contains(address, 1);
      ends.put(address, address + bytes);
    }
    return address;
  }

  @Override
  public synchronized int unmap(long address, long bytes) {
    if (!contains(address, bytes)) {
      wrong = true;
      return -Errno.EINVAL;
    }
    int errno = refuseUnmap(bytes);
    if (errno != 0) {
      return -errno;
    }
    var range = ends.floorEntry(address);
    ends.remove(range.getKey());
    if (range.getKey() < address) {
      ends.put(range.getKey(), address);
    }
    if (address + bytes < range.getValue()) {
      ends.put(address + bytes, range.getValue());
    }
    return real.unmap(address, bytes);
  }

  @Override
  public int advise(long address, long bytes, int advice) {
    synchronized (this) {
      wrong |= !contains(address, bytes);
    }
    int errno = refuseAdvice(advice);
    return errno == 0 ? real.advise(address, bytes, advice) : -errno;
  }
}
