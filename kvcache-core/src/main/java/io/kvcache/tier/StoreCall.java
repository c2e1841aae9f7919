package io.kvcache.tier;

import io.kvcache.KvLayout;
import io.kvcache.KvSource;
import io.kvcache.LayoutGroup;
import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.StoreReport;

/**
 * One call of {@link io.kvcache.KvCache#store}: goes over the chunks from the front, lets the
 * engine fill a slot for each image that is missing, and publishes it before it goes on. A source
 * that throws leaves nothing behind but the chunks before it. Used by one thread.
 */
final class StoreCall {
  private final TieredKvCache cache;
  private final KvLayout layout;
  private final KvSource source;
  private final StoreStaging staging;

  StoreCall(TieredKvCache cache, PromptKeys keys, int chunks, KvSource source) {
    this.cache = cache;
    this.layout = cache.layout;
    this.source = source;
    this.staging = new StoreStaging(cache, keys, chunks);
  }

  StoreReport run() {
    try {
      for (int i = 0; i < staging.present(); i++) {
        staging.keepPresent(i);
      }
      storeFullRows();
      for (StoreStaging.Wanted image : staging.windowsAndStates(staging.stored())) {
        staging.outcomeWithoutFullRows(image.chunk(), storeImage(image.group(), image.chunk()));
      }
    } finally {
      staging.close();
    }
    return staging.report();
  }

  private void storeFullRows() {
    for (int i = staging.present(); i < staging.chunks(); i++) {
      StoreOutcome outcome = storeChunk(i);
      staging.outcome(outcome);
      if (outcome != StoreOutcome.STAGED && outcome != StoreOutcome.ALREADY_PRESENT) {
        staging.declineRest(outcome);
        return;
      }
    }
  }

  private StoreOutcome storeChunk(int i) {
    // Without full groups this stands until one of the chunk's other images says otherwise.
    StoreOutcome chunk = StoreOutcome.ALREADY_PRESENT;
    for (int group : cache.fullGroups) {
      StoreOutcome image = storeImage(group, i);
      if (image == StoreOutcome.STAGED) {
        chunk = StoreOutcome.STAGED;
      } else if (image != StoreOutcome.ALREADY_PRESENT) {
        return image;
      }
    }
    return chunk;
  }

  private StoreOutcome storeImage(int group, int i) {
    StoreOutcome outcome = staging.prepare(group, i);
    if (outcome != StoreOutcome.STAGED) {
      return outcome;
    }
    if (!fill(group, i)) {
      staging.discard(group, i);
      return StoreOutcome.NOT_IN_SOURCE;
    }
    staging.publish(group, i);
    return StoreOutcome.STAGED;
  }

  private boolean fill(int group, int i) {
    LayoutGroup g = layout.groups().get(group);
    int tokens = layout.chunkTokens();
    for (int l = 0; l < g.layerCount(); l++) {
      for (int part = 0; part < g.parts().size(); part++) {
        var rows = staging.rows(staging.slot(group, i), l, part);
        if (!source.read(g.layer(l), part, i * tokens, tokens, rows)) {
          return false;
        }
      }
    }
    return true;
  }
}
