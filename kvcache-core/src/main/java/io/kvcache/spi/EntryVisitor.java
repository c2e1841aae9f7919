package io.kvcache.spi;

/** Gets the entries of a directory one by one, on the thread that lists them. */
@FunctionalInterface
public interface EntryVisitor {
  /**
   * One entry. Numbers instead of an object: a scan meets millions.
   *
   * @param name its name in the directory
   * @param type what it is; a symbolic link is never followed
   * @param bytes what it takes on the disk: allocated blocks where the implementation can tell,
   *     else the file's size
   * @param modifiedMillis when it was last modified, in milliseconds since 1970
   * @return whether to go on
   */
  boolean visit(String name, EntryType type, long bytes, long modifiedMillis);
}
