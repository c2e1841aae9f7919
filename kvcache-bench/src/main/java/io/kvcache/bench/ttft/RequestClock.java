package io.kvcache.bench.ttft;

import io.kvcache.GroupKind;
import io.kvcache.KvCache;
import io.kvcache.KvLayout;
import io.kvcache.LayoutGroup;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import io.kvcache.Tier;
import io.kvcache.bench.model.PrefillTime;
import java.util.Map;

/**
 * Serves requests as an engine does and takes their times: keys, acquire, restore are measured, the
 * prefill of what is left is asked of the model and added, not waited for. For one thread.
 */
final class RequestClock {
  private final PrefillTime prefill;
  private final EngineMemory engine;
  private final boolean inPlace;

  /**
   * @param inPlace whether chunks in device memory are used where they are, which takes a layout of
   *     full groups; if not, all rows are copied
   */
  RequestClock(PrefillTime prefill, EngineMemory engine, boolean inPlace) {
    this.prefill = prefill;
    this.engine = engine;
    this.inPlace = inPlace;
  }

  /** Whether chunks of such a layout can be used where they are in device memory. */
  static boolean canBeInPlace(KvLayout layout) {
    return layout.groups().stream().allMatch(group -> group.kind() == GroupKind.FULL);
  }

  /** Serves one. */
  Served serve(KvCache cache, int[] prompt) {
    engine.reset();
    long start = System.nanoTime();
    PromptKeys keys = cache.keys(prompt);
    long hashed = System.nanoTime();
    try (PrefixLease lease = cache.acquire(keys)) {
      long acquired = System.nanoTime();
      Map<Tier, Integer> tiers = lease.tokensByTier();
      int tokens = inPlace ? inPlace(lease, cache.layout()) : lease.restore(engine);
      engine.awaitCopies();
      long restored = System.nanoTime();
      return new Served(
          tokens,
          tiers,
          engine.bytes(),
          (hashed - start) / 1e9,
          (acquired - hashed) / 1e9,
          (restored - acquired) / 1e9,
          prefill.seconds(prompt.length - tokens, tokens));
    }
  }

  private int inPlace(PrefixLease lease, KvLayout layout) {
    int tokens = lease.awaitLoaded();
    for (int i = 0; i < lease.chunks(); i++) {
      var chunk = lease.chunk(i);
      for (LayoutGroup group : layout.groups()) {
        for (int l = 0; l < group.layerCount(); l++) {
          for (int part = 0; part < group.parts().size(); part++) {
            int layer = group.layer(l);
            if (chunk.tier() != Tier.HBM) {
              engine.write(layer, part, chunk.from(), chunk.count(), chunk.rows(layer, part));
            } else if (chunk.deviceAddress(layer, part) == 0) {
              throw new IllegalStateException("no address of chunk " + i);
            }
          }
        }
      }
    }
    return tokens;
  }
}
