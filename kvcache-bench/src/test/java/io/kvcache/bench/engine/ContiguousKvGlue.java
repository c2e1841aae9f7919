package io.kvcache.bench.engine;

import io.kvcache.KvSink;
import io.kvcache.KvSource;
import java.nio.ByteBuffer;

/** All that a contiguous engine needs for the cache: a position is a row number. */
final class ContiguousKvGlue implements KvSink, KvSource {
  private final ContiguousKv kv;

  ContiguousKvGlue(ContiguousKv kv) {
    this.kv = kv;
  }

  @Override
  public void write(int layer, int part, int from, int count, ByteBuffer rows) {
    if (kv.isState(layer)) {
      kv.state(from + count, layer, part).put(rows);
      return;
    }
    int bytes = kv.rowBytes(layer, part);
    kv.buffer(layer, part).put(from * bytes, rows, 0, count * bytes);
  }

  @Override
  public boolean read(int layer, int part, int from, int count, ByteBuffer rows) {
    if (kv.isState(layer)) {
      boolean kept = kv.states.containsKey(from + count);
      if (kept) {
        rows.put(kv.state(from + count, layer, part));
      }
      return kept;
    }
    int bytes = kv.rowBytes(layer, part);
    rows.put(0, kv.buffer(layer, part), from * bytes, count * bytes);
    return true;
  }
}
