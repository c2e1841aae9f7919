package io.kvcache.bench.ttft;

import io.kvcache.GroupKind;
import io.kvcache.KvCache;
import io.kvcache.KvSink;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import io.kvcache.bench.device.SimulatedDevice;
import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.io.SlotMemory;
import io.kvcache.bench.io.StoreKind;
import io.kvcache.bench.replay.KeyedBytes;
import io.kvcache.spi.IoMode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.LockSupport;

/**
 * A scenario in a directory, once k is known: prompts are stored in it, and requests for them
 * served from any tier. What the {@code ttft} command and the JMH benchmarks have in common. For
 * one thread, but for clients of a {@link SharedCache}.
 */
public final class ScaledRun implements AutoCloseable {
  private static final Duration COPY_LATENCY = Duration.ofNanos(10_000);

  /** What reads ahead need, however little is to stay. */
  private static final int LEAST_SHARED_CHUNKS = 64;

  private static final long PROMOTION_NANOS = 60_000_000_000L;

  private final TtftScenario scenario;
  private final BandwidthScale scale;
  private final ScaledLayout layout;
  private final ScaledCache caches;
  private final Prompts prompts;
  private final EngineLink link;
  private final EngineMemory engine;

  /**
   * Opens it.
   *
   * @param directory exists, and is empty
   * @param workers I/O threads
   * @throws IllegalArgumentException if k leaves less than files can have
   */
  public ScaledRun(
      Path directory,
      TtftScenario scenario,
      BandwidthScale scale,
      StoreKind store,
      int workers,
      SlotMemory memory) {
    this.scenario = scenario;
    this.scale = scale;
    this.layout = ScaledLayout.of(scenario.layout(), scale.k());
    this.caches = new ScaledCache(directory, store, workers, layout, memory);
    this.prompts = new Prompts(scenario.promptTokens(), scenario.layout().chunkTokens());
    this.link = new EngineLink(scale.here(scenario.linkBytesPerSecond()));
    this.engine = new EngineMemory(link, layout.largestRows());
  }

  /** What is stored. */
  public ScaledLayout layout() {
    return layout;
  }

  /** Tokens of the whole chunks that so many percent of a prompt have. */
  int tokens(int reusePercent) {
    return prompts.chunks(reusePercent) * scenario.layout().chunkTokens();
  }

  /** Whether a prefix may end after any chunk: not so with states, which few chunks have. */
  boolean endsAnywhere() {
    return scenario.layout().groups().stream().noneMatch(g -> g.kind() == GroupKind.STATE);
  }

  /** How bytes reach the disk; once something was stored. */
  public IoMode mode() {
    return caches.mode();
  }

  /**
   * Stores so many whole prompts.
   *
   * @param watch hears of chunks
   * @throws java.util.concurrent.CancellationException if it said so
   */
  public void store(int count, RunWatch watch) {
    for (int i = 0; i < count; i++) {
      try (ScaledCache.Opened all = caches.open(scenario.chunks(), null, 0)) {
        all.store(prompts.stored(i), watch.after((long) i * scenario.chunks()));
      }
    }
  }

  /**
   * Bytes that came back from files.
   *
   * @param bytes bytes that were compared
   * @param wrong bytes of those that were wrong
   */
  record Verified(long bytes, long wrong) {}

  /**
   * Reads the first prompt and compares every byte.
   *
   * @param watch hears of chunks
   * @throws CancellationException if it said so
   */
  Verified verify(RunWatch watch) throws IOException {
    caches.makeCold();
    long[] counts = new long[2];
    try (ScaledCache.Opened none = caches.open(scenario.chunks(), null, 0)) {
      PromptKeys keys = none.cache().keys(prompts.stored(0));
      KvSink compare =
          (layer, part, from, count, rows) -> {
            if (!watch.goOn(from / count)) {
              throw new CancellationException("ended while bytes were compared");
            }
            counts[0] += rows.remaining();
            counts[1] +=
                KeyedBytes.wrong(keys.chunk(from / count), ScaledCache.place(layer, part), rows);
          };
      try (PrefixLease lease = none.cache().acquire(keys)) {
        lease.restore(compare);
      }
    }
    return new Verified(counts[0], counts[1]);
  }

  /**
   * A request that can be served once: its cache is new, and holds what it is to hold. Close it.
   */
  public final class Prepared implements AutoCloseable {
    private final ScaledCache.Opened opened;
    private final int[] prompt;
    private final boolean inPlace;

    private Prepared(ScaledCache.Opened opened, int[] prompt, boolean inPlace) {
      this.opened = opened;
      this.prompt = prompt;
      this.inPlace = inPlace;
    }

    /** Serves it: keys, acquire, restore; the prefill is not waited for. */
    public Served serve() {
      return new RequestClock(scenario.prefill(), engine, inPlace).serve(opened.cache(), prompt);
    }

    @Override
    public void close() {
      opened.close();
    }
  }

  /**
   * Prepares a request for the first prompt.
   *
   * @param mix where the reused chunks are; not none
   * @param reusePercent share of the prompt that was seen before
   */
  public Prepared prepare(TierMix mix, int reusePercent) throws IOException {
    int chunks = prompts.chunks(reusePercent);
    int hbm = mix.hbmChunks(chunks);
    SimulatedDevice device =
        hbm == 0
            ? null
            : new SimulatedDevice(
                2 * hbm * layout.chunkBytes(),
                scale.here(scenario.linkBytesPerSecond()),
                COPY_LATENCY);
    ScaledCache.Opened opened = caches.open(chunks, device, hbm);
    try {
      warm(opened.cache(), hbm);
      if (hbm > 0) {
        awaitPromotions(opened.cache(), (long) hbm * layout.layout().groups().size());
      }
      warm(opened.cache(), mix.memoryChunks(chunks));
      caches.makeCold();
      return new Prepared(opened, prompts.reusing(0, reusePercent), hbm > 0);
    } catch (IOException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private void warm(KvCache cache, int chunks) {
    if (chunks > 0) {
      try (PrefixLease lease = cache.acquire(cache.keys(prompts.leading(0, chunks)))) {
        lease.restore((layer, part, from, count, rows) -> {});
      }
    }
  }

  private static void awaitPromotions(KvCache cache, long images) {
    long end = System.nanoTime() + PROMOTION_NANOS;
    while (cache.stats().hbm().orElseThrow().slots().images() < images
        || cache.stats().hbm().orElseThrow().promotionsPending() > 0) {
      if (System.nanoTime() - end > 0) {
        throw new IllegalStateException("not everything came to the device: " + cache.stats());
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** Why files cannot be made cold where reads are not direct. */
  Optional<String> notCold() throws IOException {
    return caches.makeCold();
  }

  /** One cache that many clients share, over the files of all prompts. Close it. */
  public final class SharedCache implements AutoCloseable {
    private final ScaledCache.Opened opened;
    private final int reusePercent;

    private SharedCache(ScaledCache.Opened opened, int reusePercent) {
      this.opened = opened;
      this.reusePercent = reusePercent;
    }

    /** A client: for one thread, beside others. */
    public Client client() {
      return new Client();
    }

    @Override
    public void close() {
      opened.close();
    }

    /** Makes requests. */
    public final class Client {
      private final RequestClock clock =
          new RequestClock(scenario.prefill(), new EngineMemory(link, layout.largestRows()), false);

      private Client() {}

      /**
       * Serves a request for that prompt: keys, acquire, restore; the prefill is not waited for.
       */
      public Served serve(int prompt) {
        return clock.serve(opened.cache(), prompts.reusing(prompt, reusePercent));
      }
    }
  }

  /**
   * Opens a cache for many clients.
   *
   * @param count prompts that were stored
   * @param dramPercent share of their reused chunks that DRAM has room for, but 64 at least; those
   *     that are used least recently are in files only
   * @param reusePercent share of each prompt that was seen before
   */
  public SharedCache share(int count, int dramPercent, int reusePercent) {
    long chunks = (long) prompts.chunks(reusePercent) * count * dramPercent / 100;
    return new SharedCache(
        caches.open(Math.toIntExact(Math.max(LEAST_SHARED_CHUNKS, chunks)), null, 0), reusePercent);
  }

  @Override
  public void close() {
    caches.close();
  }
}
