package io.kvcache.lustre;

/** Which pages {@link LargeMemory} asks for. What the system does not give is got as small ones. */
public enum HugePages {
  /**
   * Transparent huge pages, where the system offers them: {@code always} or {@code madvise} in
   * {@code /sys/kernel/mm/transparent_hugepage/enabled}.
   */
  AUTO("transparent huge pages"),

  /**
   * Pages of 2 MiB from the pool that {@code vm.nr_hugepages} reserves, and as {@link #AUTO} once
   * it is empty. To be asked for, since whoever reserved them may have meant them for somebody
   * else. Each arena is then rounded up to whole pages.
   */
  RESERVED("reserved huge pages"),

  /** Small pages, also where the system would give huge ones unasked. */
  NONE("small pages");

  private final String words;

  HugePages(String words) {
    this.words = words;
  }

  String words() {
    return words;
  }
}
