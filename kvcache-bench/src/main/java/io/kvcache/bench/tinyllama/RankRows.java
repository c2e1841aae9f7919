package io.kvcache.bench.tinyllama;

import io.kvcache.KvSink;
import io.kvcache.KvSource;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/**
 * The glue between an engine's KV memory and the cache, for the share of one rank: of every row,
 * the columns of its K/V heads; of every state, the matrices of its heads.
 */
public final class RankRows implements KvSink, KvSource {
  private final KvMemory memory;
  private final int rank;
  private final int world;

  /** The share of {@code rank} of {@code world}; 0 of 1 is everything. */
  public RankRows(KvMemory memory, int rank, int world) {
    this.memory = memory;
    this.rank = rank;
    this.world = world;
  }

  @Override
  public void write(int layer, int part, int from, int count, ByteBuffer rows) {
    KvMemory.LayerMemory target = memory.layer(layer);
    FloatBuffer floats = rows.asFloatBuffer();
    if (target.state.length > 0) {
      int share = target.state.length / world;
      // Ranks meet here: each fills its part of the same state.
      float[] saved =
          target.saved.computeIfAbsent(from + count, at -> new float[target.state.length]);
      floats.get(saved, rank * share, share);
      return;
    }
    float[] values = part == 0 ? target.k : target.v;
    int width = memory.shape().kvDim();
    int share = width / world;
    for (int t = from; t < from + count; t++) {
      floats.get(values, t * width + rank * share, share);
    }
    target.held.set(from, from + count);
  }

  @Override
  public boolean read(int layer, int part, int from, int count, ByteBuffer rows) {
    KvMemory.LayerMemory source = memory.layer(layer);
    FloatBuffer floats = rows.asFloatBuffer();
    if (source.state.length > 0) {
      int share = source.state.length / world;
      float[] saved = source.saved.get(from + count);
      if (saved != null) {
        floats.put(saved, rank * share, share);
      }
      return saved != null;
    }
    if (source.held.nextClearBit(from) < from + count) {
      return false; // a window whose older rows were not restored
    }
    float[] values = part == 0 ? source.k : source.v;
    int width = memory.shape().kvDim();
    int share = width / world;
    for (int t = from; t < from + count; t++) {
      floats.put(values, t * width + rank * share, share);
    }
    return true;
  }
}
