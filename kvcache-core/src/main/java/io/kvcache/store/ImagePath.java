package io.kvcache.store;

import io.kvcache.ChunkKey;
import java.nio.file.Path;

/**
 * Where one image lives: {@code <namespace>_r<rank>/<first 3 hex>/<64 hex>-<index>.g<group>}, and
 * the name it has while it is written: a dot before, the owner's token behind, in the same
 * directory, so that the rename that publishes it never crosses a metadata server. Small, and equal
 * by value: names are spelled out only when a file is touched.
 *
 * @param namespace directory of the namespace's images on this rank
 * @param key the chunk's key
 * @param index the chunk's place in its prompt
 * @param group which of the chunk's images
 */
record ImagePath(Path namespace, ChunkKey key, int index, int group) {
  Path directory() {
    return namespace.resolve(key.hex().substring(0, 3));
  }

  Path published() {
    return directory().resolve(name());
  }

  Path temporary(String ownerToken) {
    return directory().resolve("." + name() + "." + ownerToken);
  }

  private String name() {
    return key.hex() + "-" + index + ".g" + group;
  }
}
