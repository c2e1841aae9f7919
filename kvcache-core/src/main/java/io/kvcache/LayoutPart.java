package io.kvcache;

import java.util.Objects;

/**
 * One array that a layer keeps: keys, values, a latent, a state.
 *
 * @param name what the engine calls it, such as {@code k}; it enters the fingerprint
 * @param bytes bytes of one token's row; for a {@link GroupKind#STATE} group those of the layer's
 *     whole state
 */
public record LayoutPart(String name, int bytes) {
  public LayoutPart {
    Objects.requireNonNull(name, "part name");
    if (name.isEmpty()) {
      throw new IllegalArgumentException("part name is empty: name what it holds, such as \"k\"");
    }
    if (bytes < 1) {
      throw new IllegalArgumentException(
          "part \"" + name + "\" has " + bytes + " bytes: it needs at least 1");
    }
  }
}
