package io.kvcache.store;

import java.nio.file.Path;

/**
 * Where one image lives below the root: {@code <namespace>_r<rank>/<first 3 hex>/<64
 * hex>-<index>.g<group>}, and the name it has while it is written: a dot before, the owner's token
 * behind, in the same directory, so that the rename that publishes it never crosses a metadata
 * server.
 */
record ImagePath(Path directory, String name) {
  static ImagePath of(Path root, Namespace namespace, StoredChunk chunk, int group) {
    String hex = chunk.key().hex();
    return new ImagePath(
        root.resolve(namespace.imageDirectory()).resolve(hex.substring(0, 3)),
        hex + "-" + chunk.index() + ".g" + group);
  }

  Path published() {
    return directory.resolve(name);
  }

  Path temporary(String ownerToken) {
    return directory.resolve("." + name + "." + ownerToken);
  }
}
