package io.kvcache.spi;

/** What a name in a directory stands for. */
public enum EntryType {
  /** A regular file. */
  FILE,
  /** A directory. */
  DIRECTORY,
  /** Anything else: a symbolic link, a device. */
  OTHER
}
