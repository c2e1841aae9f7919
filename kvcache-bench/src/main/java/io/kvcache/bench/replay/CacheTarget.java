package io.kvcache.bench.replay;

import io.kvcache.ChunkKey;
import io.kvcache.ElementType;
import io.kvcache.KvCache;
import io.kvcache.KvLayout;
import io.kvcache.KvSink;
import io.kvcache.KvSource;
import io.kvcache.LayoutPart;
import io.kvcache.ModelFingerprint;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.StoreReport;
import io.kvcache.Tier;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.ImageDescriptor;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * A whole cache over a directory, used as an engine uses it: acquire, restore, store what was
 * missing and what was generated. A chunk is a trace block, memory holds exactly so many of them,
 * every chunk is written to the directory, and nothing leaves it. A directory that holds chunks of
 * an earlier run starts warm: they hit.
 *
 * <p>Each request waits for its writes, so that none is declined. For any number of threads; used
 * by one, two runs decide alike. The same blocks are in memory as in {@link PolicyTarget}, with one
 * thing to see to: a generated block that is in the directory but no longer in memory is no news to
 * the cache, which leaves it there until somebody asks for it. The policy alone knows no directory
 * and takes it in; so here the request asks.
 */
final class CacheTarget implements ReplayTarget {
  /** Bytes of the filesystem that a replay leaves free. */
  static final long FREE_SPACE_FLOOR = 1L << 30;

  private static final String NO_WEIGHTS = "0".repeat(2 * ChunkKey.BYTES);

  /** Looks at the directory that one request waits for, and milliseconds for each, at most. */
  private static final int MOST_TRIES = 20;

  private static final int MOST_WAITS = 1_000;

  private final int blockTokens;
  private final boolean budgeted;
  private final DirectoryStore store;
  private final KvCache cache;
  private final Map<StoreOutcome, Integer> outcomes = new ConcurrentHashMap<>();

  /**
   * @param directory made if it does not exist
   * @param budgetBytes what the directory may take; empty for all that there is room for
   * @throws IllegalArgumentException if the settings do not fit each other, this JVM's direct
   *     memory, or what has the directory's name
   */
  CacheTarget(
      Path directory,
      int blockTokens,
      int bytesPerToken,
      int capacityBlocks,
      OptionalLong budgetBytes) {
    this.blockTokens = blockTokens;
    KvLayout layout = layout(blockTokens, bytesPerToken);
    this.budgeted = budgetBytes.isPresent();
    store = open(directory, budgetBytes);
    boolean built = false;
    try {
      cache =
          KvCache.builder()
              .model(ModelFingerprint.of("replay", NO_WEIGHTS, NO_WEIGHTS))
              .layout(layout)
              .dram(capacityBlocks * imageBytes(blockTokens, bytesPerToken))
              .store(store)
              .build();
      built = true;
    } finally {
      if (!built) {
        store.close();
      }
    }
  }

  private static DirectoryStore open(Path directory, OptionalLong budgetBytes) {
    DirectoryStore.Builder settings =
        DirectoryStore.builder(directory).freeSpaceFloor(FREE_SPACE_FLOOR);
    budgetBytes.ifPresent(settings::budget);
    return settings.open();
  }

  private static KvLayout layout(int blockTokens, int bytesPerToken) {
    return KvLayout.builder()
        .elementType(ElementType.I8)
        .full(new int[] {0}, new LayoutPart("kv", bytesPerToken))
        .blockTokens(blockTokens)
        .chunkTokens(blockTokens)
        .build();
  }

  /**
   * Bytes of one block's image, in memory and on disk.
   *
   * @throws IllegalArgumentException if that is more than an image may have
   */
  static long imageBytes(int blockTokens, int bytesPerToken) {
    return new ImageDescriptor(layout(blockTokens, bytesPerToken), 0).imageBytes();
  }

  @Override
  public Served serve(RequestPath path) {
    int[] tokens = path.tokens(blockTokens);
    PromptKeys prompt = cache.keys(Arrays.copyOf(tokens, path.inputTokens()));
    Verifier verifier = new Verifier(prompt);
    int hits;
    int dramHits;
    try (PrefixLease lease = cache.acquire(prompt)) {
      lease.restore(verifier);
      hits = lease.chunks();
      // The last token of a prompt is never a hit, so its block may count one token less.
      dramHits = (lease.tokensByTier().getOrDefault(Tier.DRAM, 0) + blockTokens - 1) / blockTokens;
    }
    PromptKeys all = prompt.append(Arrays.copyOfRange(tokens, path.inputTokens(), tokens.length));
    StoreReport report = cache.store(all, all.tokens(), source(all));
    Map<StoreOutcome, Integer> written = new EnumMap<>(StoreOutcome.class);
    add(report, written);
    for (int tries = 0; tries < MOST_TRIES && awaitRoom(written); tries++) {
      add(cache.store(all, all.tokens(), source(all)), written);
    }
    if (report.alreadyPresent() > hits) {
      try (PrefixLease lease = cache.acquire(all)) {
        lease.awaitLoaded();
      }
    }
    written.forEach((outcome, images) -> outcomes.merge(outcome, images, Integer::sum));
    return new Served(
        hits,
        dramHits,
        written.getOrDefault(StoreOutcome.WRITTEN, 0),
        verifier.bytes,
        verifier.wrong);
  }

  private static void add(StoreReport report, Map<StoreOutcome, Integer> written) {
    report
        .persisted()
        .join()
        .images()
        .forEach((outcome, images) -> written.merge(outcome, images, Integer::sum));
  }

  /**
   * A replay writes faster than an engine, and than a budget is learned: where that declined
   * writes, waits for the next look at the directory, and has them tried again.
   *
   * @return whether there is something to try again
   */
  private boolean awaitRoom(Map<StoreOutcome, Integer> written) {
    if (!budgeted || !written.containsKey(StoreOutcome.NO_SPACE)) {
      return false;
    }
    long before = scans();
    for (int waits = 0; waits < MOST_WAITS && scans() == before; waits++) {
      LockSupport.parkNanos(1_000_000);
    }
    written.remove(StoreOutcome.NO_SPACE);
    return true;
  }

  private long scans() {
    return store.stats().capacity().orElseThrow().scans();
  }

  private KvSource source(PromptKeys keys) {
    return (layer, part, from, count, rows) -> {
      KeyedBytes.fill(keys.chunk(from / blockTokens), rows);
      return true;
    };
  }

  /** Compares what comes back. */
  private final class Verifier implements KvSink {
    private final PromptKeys keys;
    private long bytes;
    private long wrong;

    Verifier(PromptKeys keys) {
      this.keys = keys;
    }

    @Override
    public void write(int layer, int part, int from, int count, ByteBuffer rows) {
      bytes += rows.remaining();
      wrong += KeyedBytes.wrong(keys.chunk(from / blockTokens), rows);
    }
  }

  @Override
  public Map<StoreOutcome, Integer> notWritten() {
    Map<StoreOutcome, Integer> declined = new EnumMap<>(StoreOutcome.class);
    declined.putAll(outcomes);
    declined.keySet().removeAll(Set.of(StoreOutcome.WRITTEN, StoreOutcome.ALREADY_PRESENT));
    return declined;
  }

  @Override
  public long evictions() {
    return cache.stats().dram().evicted();
  }

  @Override
  public void close() {
    cache.close();
    store.close();
  }
}
