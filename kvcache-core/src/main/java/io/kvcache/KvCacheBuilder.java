package io.kvcache;

import io.kvcache.store.DirectoryStore;
import io.kvcache.store.Namespace;
import io.kvcache.tier.DramLimit;
import io.kvcache.tier.TieredKvCache;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;

/**
 * Settings of a {@link KvCache}: each at most once, checked together by {@link #build()}. Nothing
 * is allocated, started or opened before that. Not thread-safe.
 */
public final class KvCacheBuilder {
  /** Seed of the hash chain: vLLM's default, so that routers agree with us. */
  static final String HASH_SEED = "vllm-none-hash";

  private final Set<String> given = new HashSet<>();
  private ModelFingerprint model;
  private KvLayout layout;
  private int rank;
  private int world = 1;
  private long dramBytes;
  private DirectoryStore store;
  private int stateEvery = 16;
  private Duration closeTimeout = Duration.ofSeconds(30);
  private KvCacheListener listener = new KvCacheListener() {};

  KvCacheBuilder() {}

  /** Which model makes the bytes. Required. */
  public KvCacheBuilder model(ModelFingerprint fingerprint) {
    once("model");
    model = Objects.requireNonNull(fingerprint, "model");
    return this;
  }

  /** What this rank keeps per token. Required. */
  public KvCacheBuilder layout(KvLayout what) {
    once("layout");
    layout = Objects.requireNonNull(what, "layout");
    return this;
  }

  /**
   * Which part of a tensor-parallel engine this is; default rank 0 of a world of 1.
   *
   * @param rank from 0 to world - 1
   * @param world number of ranks
   */
  public KvCacheBuilder shard(int rank, int world) {
    once("shard");
    if (world < 1 || rank < 0 || rank >= world) {
      throw new IllegalArgumentException(
          "shard(" + rank + ", " + world + "): the rank is from 0 to world - 1");
    }
    this.rank = rank;
    this.world = world;
    return this;
  }

  /**
   * Host memory for chunks, outside the Java heap, allocated as it is needed. Required: reads and
   * writes pass through it.
   *
   * @param bytes at least one chunk, at most the JVM's limit of direct memory
   */
  public KvCacheBuilder dram(long bytes) {
    once("dram");
    if (bytes < 1) {
      throw new IllegalArgumentException("dram(" + bytes + "): at least the bytes of one chunk");
    }
    dramBytes = bytes;
    return this;
  }

  /** Where chunks outlive this process; without one the cache is memory only. */
  public KvCacheBuilder store(DirectoryStore directory) {
    once("store");
    store = Objects.requireNonNull(directory, "store");
    return this;
  }

  /** State layers keep their state after every so many chunks; default 16. */
  public KvCacheBuilder stateEvery(int chunks) {
    once("stateEvery");
    if (chunks < 1) {
      throw new IllegalArgumentException("stateEvery(" + chunks + "): at least every chunk, 1");
    }
    stateEvery = chunks;
    return this;
  }

  /** How long {@link KvCache#close} waits for writes, at most a day; default 30 s. */
  public KvCacheBuilder closeTimeout(Duration timeout) {
    once("closeTimeout");
    Objects.requireNonNull(timeout, "closeTimeout");
    if (timeout.isNegative() || timeout.isZero() || timeout.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException(
          "closeTimeout(" + timeout + "): more than zero, at most a day");
    }
    closeTimeout = timeout;
    return this;
  }

  /** Hears which chunks come and go. */
  public KvCacheBuilder listener(KvCacheListener what) {
    once("listener");
    listener = Objects.requireNonNull(what, "listener");
    return this;
  }

  /**
   * Builds the cache.
   *
   * @throws IllegalArgumentException naming the setting that is missing or does not fit the others
   */
  public KvCache build() {
    require(model != null, "model", "model(ModelFingerprint.of(name, weights, tokenizer))");
    require(layout != null, "layout", "layout(KvLayout.attention(...))");
    require(dramBytes > 0, "DRAM size", "dram(bytes)");
    if (given.contains("stateEvery") && !layout.hasState()) {
      throw new IllegalArgumentException(
          "stateEvery(" + stateEvery + ") for a layout without state: leave it out");
    }
    Namespace namespace = new Namespace(model, layout, HASH_SEED, rank, world);
    if (dramBytes < namespace.chunkBytes()) {
      throw new IllegalArgumentException(
          "dram("
              + dramBytes
              + ") is below one chunk of "
              + namespace.chunkBytes()
              + " bytes: give it at least that, or use smaller chunks");
    }
    DramLimit.check(dramBytes);
    if (store != null && store.isClosed()) {
      throw new IllegalArgumentException(store + " is closed: open it again");
    }
    if (store != null) {
      store.directory(namespace); // refuses a budget that it does not fit
    }
    return new TieredKvCache(
        namespace, HASH_SEED, dramBytes, store, stateEvery, closeTimeout, listener);
  }

  private void once(String setting) {
    if (!given.add(setting)) {
      throw new IllegalArgumentException(setting + "(...) is set twice: set it once");
    }
  }

  private static void require(boolean present, String what, String remedy) {
    if (!present) {
      throw new IllegalArgumentException("no " + what + ": call " + remedy);
    }
  }
}
