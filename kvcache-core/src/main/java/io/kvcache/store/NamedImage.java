package io.kvcache.store;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * An image of which no more is known than where it lies: what it must be by the names of its file
 * and directory. Immutable.
 *
 * @param path its place
 * @param namespace what its directory's name says
 * @param fingerprint the whole fingerprint, where it is known from config.json, else null
 */
record NamedImage(ImagePath path, NamespaceName namespace, byte[] fingerprint) {
  int rank() {
    return namespace.rank();
  }

  /** Whether an image there may have that fingerprint. */
  boolean mayHave(byte[] stated) {
    return fingerprint != null
        ? Arrays.equals(fingerprint, stated)
        : HexFormat.of().formatHex(stated, 0, 6).equals(namespace.fingerprint());
  }
}
