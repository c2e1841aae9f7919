package io.kvcache.lustre;

/**
 * The system calls that {@link LargeMemory} needs, each as the kernel answers it: a negative result
 * is an {@link Errno}, negated. An interface, so that a fake can refuse. Thread-safe.
 */
interface MappingCalls {
  // Flags of mmap(2) and advice of madvise(2), the same on x86_64 and aarch64.

  /** MAP_HUGETLB with MAP_HUGE_2MB: from the pool of that size, whatever the default size is. */
  int FROM_POOL = 0x40000 | 21 << 26;

  /** MADV_DONTFORK: a child process gets neither the memory nor copies of its page tables. */
  int DONT_FORK = 10;

  /** MADV_HUGEPAGE. */
  int HUGE_PAGES = 14;

  /** MADV_NOHUGEPAGE. */
  int SMALL_PAGES = 15;

  /** MADV_POPULATE_WRITE: fault everything in, for writing; EINVAL before Linux 5.14. */
  int POPULATE = 23;

  /**
   * mmap(2) of private anonymous memory, for reading and writing, wherever there is room.
   *
   * @param flags 0 or {@link #FROM_POOL}
   * @return its address
   */
  long map(long bytes, int flags);

  /** munmap(2). */
  int unmap(long address, long bytes);

  /** madvise(2). */
  int advise(long address, long bytes, int advice);
}
