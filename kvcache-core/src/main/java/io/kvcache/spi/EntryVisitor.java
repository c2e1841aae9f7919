package io.kvcache.spi;

/** Gets the entries of a directory one by one, on the thread that lists them. */
@FunctionalInterface
public interface EntryVisitor {
  /**
   * One entry. Numbers instead of an object: a scan meets millions.
   *
   * @param name its name in the directory
   * @param type what it is; a symbolic link is never followed
   * @param bytes what counts as used for it: at least its size, and more where more is allocated,
   *     as by replication, if the implementation can tell. Never less, since blocks that are
   *     allocated late, or compressed, would hide bytes that a budget has let in
   * @param modifiedMillis when it was last modified, in milliseconds since 1970
   * @return whether to go on
   */
  boolean visit(String name, EntryType type, long bytes, long modifiedMillis);
}
