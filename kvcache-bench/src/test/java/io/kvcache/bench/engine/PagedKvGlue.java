package io.kvcache.bench.engine;

import static io.kvcache.bench.engine.PagedKv.PAGE;

import io.kvcache.KvSink;
import io.kvcache.KvSource;
import java.nio.ByteBuffer;

/** All that a paged engine needs for the cache: a chunk is a number of whole pages. */
final class PagedKvGlue implements KvSink, KvSource {
  private final PagedKv kv;

  PagedKvGlue(PagedKv kv) {
    this.kv = kv;
  }

  @Override
  public void write(int layer, int part, int from, int count, ByteBuffer rows) {
    if (kv.isState(layer)) {
      kv.state(from + count, layer, part).put(rows);
      return;
    }
    int bytes = PAGE * kv.rowBytes(layer, part);
    for (int page = 0; page < count / PAGE; page++) {
      kv.memory.put(kv.at(layer, part, from + page * PAGE), rows, page * bytes, bytes);
    }
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
    int bytes = PAGE * kv.rowBytes(layer, part);
    for (int page = 0; page < count / PAGE; page++) {
      rows.put(page * bytes, kv.memory, kv.at(layer, part, from + page * PAGE), bytes);
    }
    return true;
  }
}
