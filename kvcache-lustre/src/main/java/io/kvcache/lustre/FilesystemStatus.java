package io.kvcache.lustre;

/** What statfs(2) says about a filesystem: filled by {@link PosixIo#statfs}. */
final class FilesystemStatus {
  /** Its magic number, see {@link Filesystem}. */
  long type;

  long blockSize;
  long blocks;

  /** Blocks that an ordinary user may still take: of the project's quota, where there is one. */
  long blocksAvailable;

  long totalBytes() {
    return bytes(blocks);
  }

  long usableBytes() {
    return bytes(blocksAvailable);
  }

  /** The kernel's counts are unsigned, and some filesystems without a limit tell the largest. */
  private long bytes(long count) {
    if (blockSize <= 0) {
      return 0;
    }
    return Long.compareUnsigned(count, Long.MAX_VALUE / blockSize) > 0
        ? Long.MAX_VALUE
        : count * blockSize;
  }
}
