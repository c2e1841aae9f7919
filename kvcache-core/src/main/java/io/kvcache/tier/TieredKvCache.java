package io.kvcache.tier;

import io.kvcache.GroupKind;
import io.kvcache.KvCache;
import io.kvcache.KvCacheListener;
import io.kvcache.KvCacheListener.ChunkEvent;
import io.kvcache.KvCacheStats;
import io.kvcache.KvLayout;
import io.kvcache.KvScope;
import io.kvcache.KvSource;
import io.kvcache.PendingStore;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import io.kvcache.PurgeReport;
import io.kvcache.StoreOutcome;
import io.kvcache.StoreReport;
import io.kvcache.Tier;
import io.kvcache.prefix.HashedPrompt;
import io.kvcache.spi.DeviceMemory;
import io.kvcache.spi.HostMemory;
import io.kvcache.store.ChunkDirectory;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.Namespace;
import io.kvcache.store.PendingIo;
import io.kvcache.store.ReadOutcome;
import io.kvcache.store.StoredChunk;
import io.kvcache.store.Urgency;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tier stack: DRAM as an inclusive cache over the store. Prompts go in, {@link TieredLease}s
 * and {@link StoreCall}s do the work; this class holds what they share and ends it.
 *
 * <p>Thread-safe: tier and store are, {@code writes} is a concurrent set, and nothing else changes.
 */
public final class TieredKvCache implements KvCache {
  private static final Logger log = LoggerFactory.getLogger(TieredKvCache.class);

  final Namespace namespace;
  final KvLayout layout;
  final SlotTier dram;
  final Optional<HbmTier> hbm;
  final Optional<ChunkDirectory> directory;
  final CacheCounters counters = new CacheCounters();
  final StateCuts stateCuts;
  final int[] fullGroups;

  /** Group numbers in the order in which a restore delivers them. */
  final int[] deliveryOrder;

  /** Empty unless asked for. */
  final Optional<LeaseLeaks> leaks;

  final Duration lookupTimeout;
  final Duration restoreTimeout;

  /** Where futures that engines see complete: never on an I/O thread, never in a common pool. */
  final Executor callbacks = this::callBack;

  private final ThreadPoolExecutor callbackThread;

  private final String hashSeed;
  private final KvCacheListener listener;
  private final int eventGroup;
  private final Duration closeTimeout;
  private final Set<CompletableFuture<?>> writes = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Built by {@link io.kvcache.KvCacheBuilder}, which has checked the settings. */
  public TieredKvCache(
      Namespace namespace,
      String hashSeed,
      DeviceMemory device,
      long hbmBytes,
      HostMemory memory,
      long dramBytes,
      long stagingBytes,
      DirectoryStore store,
      int stateEvery,
      Duration lookupTimeout,
      Duration restoreTimeout,
      Duration closeTimeout,
      boolean reportLeaks,
      KvCacheListener listener) {
    this.namespace = namespace;
    this.layout = namespace.layout();
    this.hashSeed = hashSeed;
    this.listener = listener;
    this.leaks = reportLeaks ? Optional.of(new LeaseLeaks()) : Optional.empty();
    this.lookupTimeout = lookupTimeout;
    this.restoreTimeout = restoreTimeout;
    this.closeTimeout = closeTimeout;
    this.stateCuts = new StateCuts(layout, stateEvery);
    this.fullGroups = namespace.fullGroups();
    this.deliveryOrder = deliveryOrder(layout);
    this.eventGroup = fullGroups.length > 0 ? fullGroups[0] : 0;
    this.dram =
        new SlotTier(
            new ArenaSlots(namespace, dramBytes, memory),
            store == null ? SlotSource.NONE : new ArenaSlots(namespace, stagingBytes, memory),
            LruPolicy::new,
            this::leftDram);
    this.hbm = Optional.ofNullable(device).map(d -> new HbmTier(this, d, hbmBytes));
    this.directory = Optional.ofNullable(store).map(s -> s.directory(namespace));
    this.callbackThread =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "kvcache-callbacks");
              thread.setDaemon(true);
              return thread;
            });
    callbackThread.allowCoreThreadTimeOut(true);
  }

  /** Where the system grants no thread, who brings the news makes the call. */
  private void callBack(Runnable callback) {
    try {
      callbackThread.execute(callback);
    } catch (OutOfMemoryError e) {
      callback.run();
    }
  }

  private void leftDram(StoredChunk chunk, int group) {
    hbm.ifPresent(tier -> tier.leftDram(chunk, group));
    tellRemoved(Tier.DRAM, chunk, group);
  }

  private static int[] deliveryOrder(KvLayout layout) {
    return IntStream.range(0, layout.groups().size())
        .boxed()
        .sorted(Comparator.comparing(g -> layout.groups().get(g).kind()))
        .mapToInt(g -> g)
        .toArray();
  }

  /** Whether every chunk of a prefix must have an image of that group. */
  boolean isFull(int group) {
    return layout.groups().get(group).kind() == GroupKind.FULL;
  }

  @Override
  public PromptKeys keys(int[] tokens, KvScope scope) {
    checkOpen();
    Objects.requireNonNull(tokens, "tokens: an empty array if there are none");
    return HashedPrompt.of(layout, hashSeed, tokens, scope, listener != null);
  }

  @Override
  public PrefixLease acquire(PromptKeys keys) {
    checkOpen();
    return TieredLease.open(this, checked(keys));
  }

  @Override
  public CompletableFuture<PrefixLease> acquireAsync(PromptKeys keys) {
    checkOpen();
    return TieredLease.openAsync(this, checked(keys));
  }

  @Override
  public int probe(PromptKeys keys) {
    checkOpen();
    AllowedCuts cuts = new AllowedCuts(layout, checked(keys).tokens());
    int resident = keys.chunks();
    for (int group : fullGroups) {
      resident = dram.leading(keys, group, resident);
    }
    Patience patience = new Patience(lookupTimeout);
    return cuts.tokens(new PrefixLookup(this, keys, cuts).longest(resident, patience).cut());
  }

  @Override
  public StoreReport store(PromptKeys keys, int computedTokens, KvSource source) {
    Objects.requireNonNull(source, "source");
    return new StoreCall(this, keys, computedChunks(keys, computedTokens), source).run();
  }

  @Override
  public PendingStore beginStore(PromptKeys keys, int computedTokens) {
    return new BegunStore(this, keys, computedChunks(keys, computedTokens));
  }

  private int computedChunks(PromptKeys keys, int computedTokens) {
    checkOpen();
    if (computedTokens < 0 || computedTokens > checked(keys).tokens()) {
      throw new IllegalArgumentException(
          "computedTokens = "
              + computedTokens
              + " of a prompt of "
              + keys.tokens()
              + ": append what was generated to the keys first");
    }
    return computedTokens / layout.chunkTokens();
  }

  @Override
  public int[] stateCuts(int from, int to) {
    return stateCuts.between(from, to);
  }

  @Override
  public KvLayout layout() {
    return layout;
  }

  @Override
  public KvCacheStats stats() {
    return counters.snapshot(
        leaks.map(LeaseLeaks::found).orElse(0L),
        hbm.map(HbmTier::stats),
        dram.stats(),
        directory.map(ChunkDirectory::stats));
  }

  /** Reads an image into its slot; the directory is there, since somebody found the image in it. */
  PendingIo<ReadOutcome> load(ResidentImage image, PromptKeys keys) {
    return directory
        .orElseThrow()
        .read(image.chunk, image.group(), image.slot::bytes, Urgency.PREFETCH)
        .observed(
            outcome -> {
              if (outcome == ReadOutcome.OK && !image.staged && dram.isIndexed(image)) {
                tellStored(Tier.DRAM, keys, image.chunk, image.group());
              } else if (outcome == ReadOutcome.CORRUPT) {
                tellRemoved(Tier.STORE, image.chunk, image.group());
              }
            });
  }

  /**
   * Starts writing an image that is pinned and filled, unless the store has it or is getting it.
   *
   * @param keys a prompt that it belongs to
   * @return how the write ends, this one or the one that was under way; null if the store has it
   */
  CompletableFuture<StoreOutcome> persist(ResidentImage image, PromptKeys keys) {
    if (directory.isEmpty()) {
      return null;
    }
    CompletableFuture<StoreOutcome> mine = new CompletableFuture<>();
    CompletableFuture<StoreOutcome> other = image.write.compareAndExchange(null, mine);
    if (other != null) {
      return image.isPersisted() ? null : other.thenApply(TieredKvCache::asSeenByOthers);
    }
    dram.pinAgain(image);
    writes.add(mine);
    PendingIo<StoreOutcome> write = startedWrite(image);
    write
        .outcome()
        .whenComplete(
            (outcome, none) -> {
              if (outcome == StoreOutcome.WRITTEN) {
                image.stampedAt = System.currentTimeMillis();
                tellStored(Tier.STORE, keys, image.chunk, image.group());
              }
              // Mostly at once. A call that hangs still reads the slot: nobody may seal it anew.
              write
                  .released()
                  .whenComplete(
                      (done, never) -> {
                        if (!ResidentImage.isInStore(outcome)) {
                          image.write.set(null);
                        }
                        dram.unpin(image);
                      });
              mine.complete(outcome);
              writes.remove(mine);
            });
    return mine;
  }

  private PendingIo<StoreOutcome> startedWrite(ResidentImage image) {
    try {
      return directory.orElseThrow().write(image.chunk, image.group(), image.slot.bytes());
    } catch (RuntimeException | Error e) {
      log.warn("{}: a write broke", namespace, e);
      return PendingIo.ended(StoreOutcome.IO_ERROR);
    }
  }

  private static StoreOutcome asSeenByOthers(StoreOutcome outcome) {
    return switch (outcome) {
      case WRITTEN -> StoreOutcome.ALREADY_PRESENT;
      case TIMED_OUT -> StoreOutcome.IN_FLIGHT;
      default -> outcome;
    };
  }

  /**
   * Tells of a chunk that came to a tier.
   *
   * @param keys a prompt that it belongs to
   */
  void tellStored(Tier tier, PromptKeys keys, StoredChunk chunk, int group) {
    if (listener != null && group == eventGroup) {
      int[] ids = keys instanceof HashedPrompt prompt ? prompt.tokenIds(chunk.index()) : new int[0];
      tell(() -> listener.stored(event(tier, chunk, ids)));
    }
  }

  void tellRemoved(Tier tier, StoredChunk chunk, int group) {
    if (listener != null && group == eventGroup) {
      tell(() -> listener.removed(event(tier, chunk)));
    }
  }

  private ChunkEvent event(Tier tier, StoredChunk chunk, int... tokenIds) {
    int tokens = layout.chunkTokens();
    return new ChunkEvent(
        tier,
        chunk.key(),
        chunk.parent(),
        chunk.index() * tokens,
        tokens,
        Arrays.stream(tokenIds).boxed().toList());
  }

  private static void tell(Runnable event) {
    try {
      event.run();
    } catch (RuntimeException | Error e) {
      // Also a class that it lacks: pins and futures depend on what comes after.
      log.warn("a listener threw; the cache goes on", e);
    }
  }

  private void checkOpen() {
    if (closed.get()) {
      throw new IllegalStateException("the cache is closed: build another one");
    }
  }

  private PromptKeys checked(PromptKeys keys) {
    Objects.requireNonNull(keys, "keys");
    if (keys.chunkTokens() != layout.chunkTokens() || keys.blockTokens() != layout.blockTokens()) {
      throw new IllegalArgumentException(
          "keys of "
              + keys.chunkTokens()
              + "-token chunks of "
              + keys.blockTokens()
              + "-token blocks for a cache of "
              + layout.chunkTokens()
              + " and "
              + layout.blockTokens()
              + ": make them with this cache's keys(...)");
    }
    return keys;
  }

  @Override
  public void flush() {
    checkOpen();
    pendingWrites().join();
  }

  @Override
  public PurgeReport purge(KvScope scope) {
    checkOpen();
    byte[] digest = scope.tenantDigest();
    long forgotten = dram.purge(digest);
    // What is on its way to the store must have come there, for the scan to find it.
    pendingWrites().join();
    PurgeReport store = directory.map(d -> d.purge(scope)).orElse(new PurgeReport(0, 0, 0, 0));
    forgotten += dram.purge(digest);
    return new PurgeReport(forgotten, store.storeImages(), store.storeBytes(), store.failed());
  }

  private CompletableFuture<Void> pendingWrites() {
    List<CompletableFuture<?>> pending = new ArrayList<>(writes);
    return CompletableFuture.allOf(pending.toArray(CompletableFuture[]::new));
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    long deadline = System.nanoTime() + closeTimeout.toNanos();
    try {
      pendingWrites().get(closeTimeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      log.warn(
          "{}: closed with {} writes abandoned after {}", namespace, writes.size(), closeTimeout);
    } catch (ExecutionException e) {
      log.warn("{}: a write failed in an unforeseen way", namespace, e.getCause());
    } catch (InterruptedException e) {
      log.warn("{}: interrupted, {} writes abandoned", namespace, writes.size());
      Thread.currentThread().interrupt();
    }
    long leases = counters.openLeases();
    if (leases > 0) {
      log.warn(
          "{}: closed with {} leases open; their memory is freed when they close",
          namespace,
          leases);
    }
    hbm.ifPresent(tier -> tier.close(deadline - System.nanoTime()));
    dram.close();
    // Not shut down: the reports of abandoned writes still complete on it. Its thread ends now.
    callbackThread.setKeepAliveTime(1, TimeUnit.MILLISECONDS);
  }
}
