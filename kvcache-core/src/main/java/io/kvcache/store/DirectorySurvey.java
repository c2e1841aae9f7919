package io.kvcache.store;

import java.util.List;

/**
 * What a directory holds. Bytes are physical.
 *
 * @param namespaces each namespace's images, in the order of their names
 * @param temporaries files that are being written, or that dead owners left
 * @param temporaryBytes bytes of those
 * @param foreign entries that are not ours
 * @param failed directories that could not be listed
 * @param complete false if it was cut short, since the store was closed
 */
public record DirectorySurvey(
    List<NamespaceUsage> namespaces,
    long temporaries,
    long temporaryBytes,
    long foreign,
    long failed,
    boolean complete) {
  /** Chunks of all namespaces. */
  public long chunks() {
    return namespaces.stream().mapToLong(NamespaceUsage::chunks).sum();
  }

  /** Images of all namespaces. */
  public long images() {
    return namespaces.stream().mapToLong(NamespaceUsage::images).sum();
  }

  /** Bytes of those images. */
  public long bytes() {
    return namespaces.stream().mapToLong(NamespaceUsage::bytes).sum();
  }
}
