package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** What files and filesystems count for. */
class FileStatusTest {
  private static long counted(long bytes, long blocks, int mask) {
    FileStatus status = new FileStatus();
    status.bytes = bytes;
    status.blocks = blocks;
    status.mask = mask;
    return status.allocatedBytes();
  }

  @Test
  void aFileCountsForItsSizeAtLeast() {
    int all = FileStatus.SIZE | FileStatus.BLOCKS;
    assertEquals(1 << 20, counted(1 << 20, 8, all), "sparse, compressed, or not counted yet");
    assertEquals(1 << 20, counted(1 << 20, 0, all));
    assertEquals(1 << 20, counted(1 << 20, 1 << 20, FileStatus.SIZE), "blocks that were not told");
  }

  @Test
  void aFileCountsForMoreWhereMoreIsAllocated() {
    assertEquals(8192, counted(4097, 16, FileStatus.SIZE | FileStatus.BLOCKS));
  }

  private static FilesystemStatus filesystem(long blockSize, long blocks) {
    FilesystemStatus status = new FilesystemStatus();
    status.blockSize = blockSize;
    status.blocks = blocks;
    status.blocksAvailable = blocks;
    return status;
  }

  @Test
  void aFilesystemWithoutALimitIsAsLargeAsCanBeSaid() {
    assertEquals(Long.MAX_VALUE, filesystem(1 << 20, Long.MAX_VALUE / 4096).totalBytes());
    assertEquals(Long.MAX_VALUE, filesystem(1 << 20, Long.MAX_VALUE / 4096).usableBytes());
    assertEquals(Long.MAX_VALUE, filesystem(4096, -1).totalBytes(), "counts have no sign");
    assertEquals(1L << 62, filesystem(1 << 20, 1L << 42).usableBytes());
    assertEquals(0, filesystem(0, 100).totalBytes());
  }
}
