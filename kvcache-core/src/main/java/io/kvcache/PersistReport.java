package io.kvcache;

import java.util.List;
import java.util.Map;

/**
 * What really reached the store, image by image (a chunk has one image per group).
 *
 * @param images how many images ended with each outcome; only outcomes that occurred
 * @param chunks for each chunk of the call, the outcome of its full-group images: {@link
 *     StoreOutcome#WRITTEN} or {@link StoreOutcome#ALREADY_PRESENT}, or the first reason why not
 */
public record PersistReport(Map<StoreOutcome, Integer> images, List<StoreOutcome> chunks) {
  public PersistReport {
    images = Map.copyOf(images);
    chunks = List.copyOf(chunks);
  }

  /** Whether every chunk of the call is in the store now. */
  public boolean complete() {
    return chunks.stream()
        .allMatch(o -> o == StoreOutcome.WRITTEN || o == StoreOutcome.ALREADY_PRESENT);
  }
}
