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
    return blocks * blockSize;
  }

  long usableBytes() {
    return blocksAvailable * blockSize;
  }
}
