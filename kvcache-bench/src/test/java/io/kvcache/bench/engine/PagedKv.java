package io.kvcache.bench.engine;

import io.kvcache.KvLayout;
import java.nio.ByteBuffer;

/** Pages of 16 tokens, scattered in one buffer; a page holds the rows of every layer and part. */
final class PagedKv extends EngineKv {
  static final int PAGE = 16;

  final ByteBuffer memory;
  private final int[] table;

  /**
   * @param pages pages in memory
   * @param table page of each 16 tokens of the sequence
   */
  PagedKv(KvLayout layout, int pages, int[] table) {
    super(layout);
    this.memory = memory(pages * bytes(false, PAGE));
    this.table = table;
  }

  /** Where the rows of a layer's part begin in the page that holds a position. */
  int at(int layer, int part, int position) {
    return table[position / PAGE] * bytes(false, PAGE) + offset(layer, part, PAGE);
  }

  @Override
  ByteBuffer row(int layer, int part, int position) {
    int bytes = rowBytes(layer, part);
    return memory.slice(at(layer, part, position) + position % PAGE * bytes, bytes);
  }
}
