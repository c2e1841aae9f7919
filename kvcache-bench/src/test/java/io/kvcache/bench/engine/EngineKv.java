package io.kvcache.bench.engine;

import io.kvcache.GroupKind;
import io.kvcache.KvLayout;
import io.kvcache.LayoutGroup;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.TreeMap;

/**
 * The KV memory of one sequence, as an engine has it before it hears of any cache. Rows are where
 * the engine's kind puts them; states are kept whole, by the number of tokens that they stand
 * after.
 */
abstract class EngineKv {
  final KvLayout layout;

  /** Kept states, each with all state layers. */
  final Map<Integer, ByteBuffer> states = new TreeMap<>();

  EngineKv(KvLayout layout) {
    this.layout = layout;
  }

  static ByteBuffer memory(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The engine's own view of one token's row. */
  abstract ByteBuffer row(int layer, int part, int position);

  /** The engine's own view of a kept state; makes room for one that it has not. */
  final ByteBuffer state(int tokens, int layer, int part) {
    return stateAfter(tokens).slice(offset(layer, part, 1), rowBytes(layer, part));
  }

  final ByteBuffer stateAfter(int tokens) {
    return states.computeIfAbsent(tokens, t -> memory(bytes(true, 1)));
  }

  final boolean isState(int layer) {
    return group(layer).kind() == GroupKind.STATE;
  }

  final int rowBytes(int layer, int part) {
    return group(layer).parts().get(part).bytes();
  }

  private LayoutGroup group(int layer) {
    return layout.groups().get(layout.groupOf(layer));
  }

  /** Bytes of all layers of one kind for so many rows. */
  final int bytes(boolean state, int rows) {
    return layout.groups().stream()
        .filter(group -> (group.kind() == GroupKind.STATE) == state)
        .mapToInt(group -> (int) group.layerBytes(1) * group.layerCount() * rows)
        .sum();
  }

  /** Where a layer's part begins among those of its kind, each with so many rows. */
  final int offset(int layer, int part, int rows) {
    int offset = 0;
    for (LayoutGroup group : layout.groups()) {
      if ((group.kind() == GroupKind.STATE) == isState(layer)) {
        for (int l : group.layers().toArray()) {
          for (int p = 0; p < group.parts().size(); p++) {
            if (l == layer && p == part) {
              return offset;
            }
            offset += group.parts().get(p).bytes() * rows;
          }
        }
      }
    }
    throw new AssertionError("no layer " + layer);
  }
}
