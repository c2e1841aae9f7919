package io.kvcache.bench.engine;

import io.kvcache.KvLayout;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** One buffer for each layer and part, rows by position. */
final class ContiguousKv extends EngineKv {
  private record Place(int layer, int part) {}

  private final int tokens;
  private final Map<Place, ByteBuffer> buffers = new HashMap<>();

  ContiguousKv(KvLayout layout, int tokens) {
    super(layout);
    this.tokens = tokens;
  }

  ByteBuffer buffer(int layer, int part) {
    return buffers.computeIfAbsent(
        new Place(layer, part), place -> memory(tokens * rowBytes(layer, part)));
  }

  @Override
  ByteBuffer row(int layer, int part, int position) {
    int bytes = rowBytes(layer, part);
    return buffer(layer, part).slice(position * bytes, bytes);
  }
}
