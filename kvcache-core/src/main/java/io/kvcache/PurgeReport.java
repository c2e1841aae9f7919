package io.kvcache;

/**
 * What a purge removed.
 *
 * @param memoryImages images that memory forgot
 * @param storeImages files that were removed
 * @param storeBytes bytes of those
 * @param failed files and directories that could not be looked into or removed, so that some of the
 *     tenant's bytes may be left: see the log, and purge again
 */
public record PurgeReport(long memoryImages, long storeImages, long storeBytes, long failed) {
  /** Whether all was looked into, and all that was found is gone. */
  public boolean complete() {
    return failed == 0;
  }
}
