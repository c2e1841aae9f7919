package io.kvcache.lustre;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a Lustre client says of itself, as far as it does: each is empty where the client is too old
 * to have it, or its files cannot be read. Immutable. {@link LustreSysfs} reads it.
 *
 * @param version of the client
 * @param filesystem name of the filesystem, up to 8 characters
 * @param parallelDirect whether one direct call has all its requests under way at once (2.15)
 * @param unalignedDirect whether direct I/O need not be aligned (2.16)
 * @param hybrid whether large buffered calls become direct ones (2.16)
 * @param pagesPerRpc the largest request, in pages of this kernel: the least of all servers
 * @param rpcsInFlight requests under way to one server: the least of all
 */
record LustreTunables(
    Optional<LustreVersion> version,
    Optional<String> filesystem,
    Optional<Boolean> parallelDirect,
    Optional<Boolean> unalignedDirect,
    Optional<Boolean> hybrid,
    OptionalInt pagesPerRpc,
    OptionalInt rpcsInFlight) {
  /** Nothing is known: another filesystem, or a client that hides it. */
  static final LustreTunables UNKNOWN =
      new LustreTunables(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          OptionalInt.empty(),
          OptionalInt.empty());

  /**
   * Whether an image is best read and written by one call. Clients before 2.15 send one request at
   * a time for each call, so there an image takes several.
   */
  boolean wholeImages() {
    // The switch came with the feature: vendors' 2.14 may have it.
    return parallelDirect.orElseGet(() -> version.map(v -> v.isAtLeast(2, 15)).orElse(false));
  }

  /** Bytes of the largest request; 0 if that is not known. */
  long rpcBytes(int pageSize) {
    return (long) pagesPerRpc.orElse(0) * pageSize;
  }
}
