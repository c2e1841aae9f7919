package io.kvcache.bench.tinyllama;

import io.kvcache.KvCache;
import io.kvcache.KvCacheBuilder;
import io.kvcache.KvLayout;
import io.kvcache.StoreReport;
import io.kvcache.store.DirectoryStore;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * The engine and the prompt of the demo: the same in every process that is given the same sizes.
 */
final class DemoEngine {
  private static final long WEIGHTS_SEED = 42;
  private static final long PROMPT_SEED = 1;
  private static final long WARM_UP_SEED = 2;

  /** States are small here: kept at every fourth chunk, losing one costs at most 1,024 tokens. */
  private static final int STATE_EVERY = 4;

  private final TinyLlama model;
  private final int tokens;

  DemoEngine(ModelShape shape, int tokens) {
    this.model = new TinyLlama(shape, WEIGHTS_SEED);
    this.tokens = tokens;
  }

  /**
   * A prefill of the demo's prompt.
   *
   * @param restored leading tokens that needed no computing
   * @param ttftMs from the tokens to the logits of the last one
   * @param logits of the last token
   */
  record Measured(int restored, double ttftMs, float[] logits) {}

  /**
   * Does all of the work on another prompt, without files, so that what is measured afterwards is
   * not the JIT. The prompt of the demo stays unknown to every cache.
   */
  void warmUp() {
    try (KvCache cache = cache(Optional.empty())) {
      int[] other = prompt(WARM_UP_SEED);
      KvMemory memory = memory();
      model.forward(memory, other, tokens, cache.stateCuts(0, tokens));
      CachedEngine cached = new CachedEngine(model, List.of(cache));
      cached.store(memory, other);
      cached.prefill(memory(), other);
    }
  }

  /** A cache for this engine, over a store or in memory only. */
  KvCache cache(Optional<DirectoryStore> store) {
    KvLayout layout = model.shape().layout(1);
    // Twice the prompt, and room for a few chunks where the prompt is short.
    long dram = 2 * tokens * layout.bytesPerToken() + (32L << 20);
    KvCacheBuilder builder = KvCache.builder().model(model.fingerprint()).layout(layout).dram(dram);
    if (layout.hasState()) {
      builder.stateEvery(STATE_EVERY);
    }
    store.ifPresent(builder::store);
    return builder.build();
  }

  /** Computes everything, asking no cache, into an empty memory. */
  Measured cold(KvMemory memory, int[] stateCuts) {
    int[] prompt = prompt(PROMPT_SEED);
    long start = System.nanoTime();
    float[] logits = model.forward(memory, prompt, tokens, stateCuts);
    return new Measured(0, msSince(start), logits);
  }

  /** Restores what the cache holds and computes the rest, storing nothing. */
  Measured cached(KvCache cache) {
    int[] prompt = prompt(PROMPT_SEED);
    KvMemory memory = memory();
    CachedEngine cached = new CachedEngine(model, List.of(cache));
    long start = System.nanoTime();
    CachedEngine.Prefill prefill = cached.prefill(memory, prompt);
    return new Measured(prefill.restored(), msSince(start), prefill.logits());
  }

  StoreReport store(KvCache cache, KvMemory memory) {
    return new CachedEngine(model, List.of(cache)).store(memory, prompt(PROMPT_SEED)).get(0);
  }

  /** An empty memory with room for the prompt; a server has it before a request comes. */
  KvMemory memory() {
    return new KvMemory(model.shape(), tokens);
  }

  private int[] prompt(long seed) {
    return new SplittableRandom(seed).ints(tokens, 0, model.shape().vocab()).toArray();
  }

  private static double msSince(long start) {
    return (System.nanoTime() - start) / 1e6;
  }
}
