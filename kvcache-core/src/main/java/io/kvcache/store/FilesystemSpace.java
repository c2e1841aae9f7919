package io.kvcache.store;

/**
 * The filesystem that holds a directory; where it answers with a quota, that.
 *
 * @param totalBytes its size
 * @param usableBytes what this user may still write; what is reserved for others counts as used
 */
public record FilesystemSpace(long totalBytes, long usableBytes) {
  /** Bytes that are used, by whomever. */
  public long usedBytes() {
    return Math.max(0, totalBytes - usableBytes);
  }

  /** The same as a fraction of its size. */
  public double usedFraction() {
    return (double) usedBytes() / totalBytes;
  }
}
