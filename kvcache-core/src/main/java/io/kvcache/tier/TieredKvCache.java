package io.kvcache.tier;

import io.kvcache.KvCache;
import io.kvcache.KvCacheListener;
import io.kvcache.KvCacheListener.ChunkEvent;
import io.kvcache.KvCacheStats;
import io.kvcache.KvLayout;
import io.kvcache.KvScope;
import io.kvcache.KvSource;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.StoreReport;
import io.kvcache.Tier;
import io.kvcache.prefix.HashedPrompt;
import io.kvcache.store.ChunkDirectory;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.Namespace;
import io.kvcache.store.PendingIo;
import io.kvcache.store.ReadOutcome;
import io.kvcache.store.StoredChunk;
import io.kvcache.store.Urgency;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
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
  final Optional<ChunkDirectory> directory;
  final CacheCounters counters = new CacheCounters();
  final StateCuts stateCuts;
  final int[] fullGroups;

  /** Where futures that engines see complete: never on an I/O thread, never in a common pool. */
  final ThreadPoolExecutor callbacks;

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
      long dramBytes,
      DirectoryStore store,
      int stateEvery,
      Duration closeTimeout,
      KvCacheListener listener) {
    this.namespace = namespace;
    this.layout = namespace.layout();
    this.hashSeed = hashSeed;
    this.listener = listener;
    this.closeTimeout = closeTimeout;
    this.stateCuts = new StateCuts(layout, stateEvery);
    this.fullGroups = namespace.fullGroups();
    this.eventGroup = fullGroups.length > 0 ? fullGroups[0] : 0;
    this.dram =
        new SlotTier(
            new ArenaSlots(namespace, dramBytes, new UnpooledByteBufAllocator(true)),
            LruPolicy::new,
            eventGroup,
            chunk -> tellRemoved(Tier.DRAM, chunk, eventGroup));
    this.directory = Optional.ofNullable(store).map(s -> s.directory(namespace));
    this.callbacks =
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
            },
            // After close a write may still end; its future is completed by the thread it ended on.
            (task, pool) -> task.run());
    callbacks.allowCoreThreadTimeOut(true);
  }

  @Override
  public PromptKeys keys(int[] tokens, KvScope scope) {
    checkOpen();
    Objects.requireNonNull(tokens, "tokens: an empty array if there are none");
    return HashedPrompt.of(layout, hashSeed, tokens, scope);
  }

  @Override
  public PrefixLease acquire(PromptKeys keys) {
    checkOpen();
    return TieredLease.open(this, checked(keys));
  }

  @Override
  public int probe(PromptKeys keys) {
    checkOpen();
    AllowedCuts cuts = new AllowedCuts(layout, checked(keys).tokens());
    int resident = keys.chunks();
    for (int group : fullGroups) {
      resident = dram.leading(keys, group, resident);
    }
    return cuts.tokens(new PrefixLookup(this, keys, cuts).longest(resident).cut());
  }

  @Override
  public StoreReport store(PromptKeys keys, int computedTokens, KvSource source) {
    checkOpen();
    Objects.requireNonNull(source, "source");
    if (computedTokens < 0 || computedTokens > checked(keys).tokens()) {
      throw new IllegalArgumentException(
          "computedTokens = "
              + computedTokens
              + " of a prompt of "
              + keys.tokens()
              + ": append what was generated to the keys first");
    }
    return new StoreCall(this, keys, computedTokens / layout.chunkTokens(), source).run();
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
    return counters.snapshot(dram.stats(), directory.map(ChunkDirectory::stats));
  }

  /** Reads an image into its slot; the directory is there, since somebody found the image in it. */
  PendingIo<ReadOutcome> load(StoredChunk chunk, Slot slot) {
    return directory
        .orElseThrow()
        .read(chunk, slot.group(), slot::bytes, Urgency.DEMAND)
        .observed(
            outcome -> {
              if (outcome == ReadOutcome.OK) {
                tellStored(Tier.DRAM, chunk, slot.group());
              } else if (outcome == ReadOutcome.CORRUPT) {
                tellRemoved(Tier.STORE, chunk, slot.group());
              }
            });
  }

  /**
   * Starts writing an image that is pinned and filled, unless the store has it or is getting it.
   *
   * @return how the write ends, this one or the one that was under way; null if the store has it
   */
  CompletableFuture<StoreOutcome> persist(ResidentImage image) {
    if (directory.isEmpty()) {
      return null;
    }
    CompletableFuture<StoreOutcome> mine = new CompletableFuture<>();
    CompletableFuture<StoreOutcome> other = image.write.compareAndExchange(null, mine);
    if (other != null) {
      return other.isDone() ? null : other.thenApply(TieredKvCache::asSeenByOthers);
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
                tellStored(Tier.STORE, image.chunk, image.group());
              } else if (outcome != StoreOutcome.ALREADY_PRESENT) {
                image.write.set(null);
              }
              write.released().whenComplete((done, never) -> dram.unpin(image));
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
    return outcome == StoreOutcome.WRITTEN ? StoreOutcome.ALREADY_PRESENT : outcome;
  }

  void tellStored(Tier tier, StoredChunk chunk, int group) {
    if (group == eventGroup) {
      tell(() -> listener.stored(event(tier, chunk)));
    }
  }

  void tellRemoved(Tier tier, StoredChunk chunk, int group) {
    if (group == eventGroup) {
      tell(() -> listener.removed(event(tier, chunk)));
    }
  }

  private ChunkEvent event(Tier tier, StoredChunk chunk) {
    int tokens = layout.chunkTokens();
    return new ChunkEvent(tier, chunk.key(), chunk.parent(), chunk.index() * tokens, tokens);
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

  private CompletableFuture<Void> pendingWrites() {
    List<CompletableFuture<?>> pending = new ArrayList<>(writes);
    return CompletableFuture.allOf(pending.toArray(CompletableFuture[]::new));
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
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
    dram.close();
    // Not shut down: the reports of abandoned writes still complete on it. Its thread ends now.
    callbacks.setKeepAliveTime(1, TimeUnit.MILLISECONDS);
  }
}
