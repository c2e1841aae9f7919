package io.kvcache.spi;

/**
 * What kind of trouble a {@link ChunkIo} call met: what the store does next depends on nothing
 * else.
 */
public enum IoFault {
  /** The file, or a directory above it, does not exist. */
  MISSING,
  /** The file to be created exists. */
  EXISTS,
  /** No space, no inodes, or over quota. */
  NO_SPACE,
  /** The filesystem or directory does not let us write. */
  READ_ONLY,
  /** Anything else; it may pass. */
  TRANSIENT
}
