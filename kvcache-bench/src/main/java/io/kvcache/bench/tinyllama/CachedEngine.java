package io.kvcache.bench.tinyllama;

import io.kvcache.KvCache;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import io.kvcache.StoreReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A TinyLlama that restores what its caches hold of a prompt and computes the rest: how an engine
 * embeds the library. One cache per rank; the ranks are in one process here, and share the K/V
 * heads of one engine.
 */
public final class CachedEngine {
  private final TinyLlama model;
  private final List<KvCache> ranks;

  /**
   * @param model the engine
   * @param ranks one cache per rank, in rank order, each with the layout of its share
   */
  public CachedEngine(TinyLlama model, List<KvCache> ranks) {
    this.model = model;
    this.ranks = List.copyOf(ranks);
  }

  /**
   * What a prefill came to.
   *
   * @param restored leading tokens that needed no computing
   * @param logits of the last token
   */
  public record Prefill(int restored, float[] logits) {}

  /** Fills an empty memory with a prompt. */
  public Prefill prefill(KvMemory memory, int[] prompt) {
    int restored = restore(memory, prompt);
    int[] cuts = ranks.get(0).stateCuts(restored, prompt.length);
    return new Prefill(restored, model.forward(memory, prompt, prompt.length, cuts));
  }

  /** Hands every rank its share of the rows of {@code tokens}; they must be in the memory. */
  public List<StoreReport> store(KvMemory memory, int[] tokens) {
    List<StoreReport> reports = new ArrayList<>();
    for (int rank = 0; rank < ranks.size(); rank++) {
      KvCache cache = ranks.get(rank);
      RankRows rows = new RankRows(memory, rank, ranks.size());
      reports.add(cache.store(cache.keys(tokens), tokens.length, rows));
    }
    return reports;
  }

  /**
   * Continues a prompt greedily, and stores the prompt and what it generated but for the last
   * token, which has not been forwarded.
   *
   * @return the generated tokens
   */
  public int[] generate(int[] prompt, int count) {
    int[] tokens = Arrays.copyOf(prompt, prompt.length + count);
    KvMemory memory = new KvMemory(model.shape(), tokens.length);
    int restored = restore(memory, prompt);
    int[] cuts = ranks.get(0).stateCuts(restored, tokens.length - 1);
    model.generate(memory, tokens, prompt.length, cuts);
    store(memory, Arrays.copyOf(tokens, tokens.length - 1));
    return Arrays.copyOfRange(tokens, prompt.length, tokens.length);
  }

  private int restore(KvMemory memory, int[] prompt) {
    List<PrefixLease> leases = new ArrayList<>();
    try {
      for (KvCache cache : ranks) {
        PromptKeys keys = cache.keys(prompt);
        leases.add(cache.acquire(keys));
      }
      if (leases.size() > 1) {
        agree(leases);
      }
      int restored = prompt.length;
      for (int rank = 0; rank < leases.size(); rank++) {
        RankRows rows = new RankRows(memory, rank, leases.size());
        restored = Math.min(restored, leases.get(rank).restore(rows));
      }
      memory.resumeAt(restored);
      return restored;
    } finally {
      leases.forEach(PrefixLease::close);
    }
  }

  /**
   * Brings the leases down to one cut that all ranks can restore. A rank may have lost a chunk, and
   * with states or windows not every shorter prefix is allowed on every rank: so again until the
   * smallest is everyone's. Waits for the reads each time, since a failed one shortens a lease.
   */
  private static void agree(List<PrefixLease> leases) {
    int smallest = leases.stream().mapToInt(PrefixLease::awaitLoaded).min().orElse(0);
    while (true) {
      int limit = smallest;
      leases.forEach(lease -> lease.limit(limit));
      int[] tokens = leases.stream().mapToInt(PrefixLease::awaitLoaded).toArray();
      smallest = Arrays.stream(tokens).min().orElse(0);
      if (smallest == Arrays.stream(tokens).max().orElse(0)) {
        return;
      }
    }
  }
}
