package io.kvcache;

import io.kvcache.spi.DeviceMemory;
import io.kvcache.spi.HostMemory;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.Namespace;
import io.kvcache.tier.DirectMemory;
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

  private static final long SMALLEST_USUAL_STAGING = 64L << 20;

  private final Set<String> given = new HashSet<>();
  private ConfigOrigin origin = ConfigOrigin.CODE;
  private ModelFingerprint model;
  private KvLayout layout;
  private int rank;
  private int world = 1;
  private DeviceMemory device;
  private long hbmBytes;
  private HostMemory hostMemory;
  private long dramBytes;
  private long stagingBytes;
  private DirectoryStore store;
  private int stateEvery = 16;
  private Duration lookupTimeout = Duration.ofSeconds(2);
  private Duration restoreTimeout = Duration.ofSeconds(30);
  private Duration closeTimeout = Duration.ofSeconds(30);
  private boolean reportLeaks;
  private KvCacheListener listener;

  KvCacheBuilder() {}

  /** Some of the settings made so far are a file's. */
  KvCacheBuilder origin(ConfigOrigin file) {
    origin = file;
    return this;
  }

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
   * Device memory for a second copy of what is hit often, allocated as it is needed: leases then
   * give device addresses. The device stays the engine's, and is needed until everything is freed:
   * by {@link KvCache#close}, or where leases or a copy to the device go on after it, with the last
   * of those.
   *
   * @param device the engine's own memory and copy calls
   * @param bytes at least one chunk, at most what {@link #dram} has: everything here is there too
   */
  public KvCacheBuilder hbm(DeviceMemory device, long bytes) {
    once("hbm");
    this.device = Objects.requireNonNull(device, "hbm device");
    if (bytes < 1) {
      throw new IllegalArgumentException("hbm(" + bytes + "): at least the bytes of one chunk");
    }
    hbmBytes = bytes;
    return this;
  }

  /**
   * Host memory for chunks, outside the Java heap, allocated as it is needed. Required: reads and
   * writes pass through it.
   *
   * @param bytes at least one chunk, at most the JVM's limit of direct memory, or what {@link
   *     #hostMemory} has
   */
  public KvCacheBuilder dram(long bytes) {
    once("dram");
    if (bytes < 1) {
      throw new IllegalArgumentException("dram(" + bytes + "): at least the bytes of one chunk");
    }
    dramBytes = bytes;
    return this;
  }

  /**
   * Host memory besides {@link #dram} that chunks pass through on their way from the store to the
   * engine when all of that is in use: so that a prefix larger than DRAM, or more requests than fit
   * into it, still get on. Allocated when it is needed. Default: a 32nd of DRAM, or 64 MiB if that
   * is more (but never more than an eighth), and room for one chunk at least.
   *
   * @param bytes at least one chunk
   */
  public KvCacheBuilder staging(long bytes) {
    once("staging");
    if (bytes < 1) {
      throw new IllegalArgumentException("staging(" + bytes + "): at least the bytes of one chunk");
    }
    stagingBytes = bytes;
    return this;
  }

  /**
   * Where the memory of {@link #dram} and {@link #staging} comes from; default the JVM's direct
   * memory. It stays the caller's, may serve many caches, and is needed until everything is freed:
   * by {@link KvCache#close}, or where leases or calls to the filesystem go on after it, with the
   * last of those.
   */
  public KvCacheBuilder hostMemory(HostMemory memory) {
    once("hostMemory");
    hostMemory = Objects.requireNonNull(memory, "hostMemory");
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

  /**
   * How long one call waits for the store to say what it has, at most a day; default 2 s. After
   * that, what is in memory counts. Of acquires, probes, stores and {@link PrefixLease#limit}.
   */
  public KvCacheBuilder lookupTimeout(Duration timeout) {
    lookupTimeout = timeout("lookupTimeout", timeout);
    return this;
  }

  /**
   * How long after its call one restore still waits, for images that are being read or for slots to
   * read them into, at most a day; default 30 s. After that, what has come counts. The engine's own
   * time in the sink passes too. Choose less than the prefill that it saves.
   */
  public KvCacheBuilder restoreTimeout(Duration timeout) {
    restoreTimeout = timeout("restoreTimeout", timeout);
    return this;
  }

  /**
   * How long {@link KvCache#close} waits for writes and for a copy to the device, both together, at
   * most a day; default 30 s.
   */
  public KvCacheBuilder closeTimeout(Duration timeout) {
    closeTimeout = timeout("closeTimeout", timeout);
    return this;
  }

  private Duration timeout(String setting, Duration timeout) {
    once(setting);
    Objects.requireNonNull(timeout, setting);
    if (timeout.isNegative() || timeout.isZero() || timeout.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException(
          setting + "(" + timeout + "): more than zero, at most a day");
    }
    return timeout;
  }

  /**
   * Logs each lease and begun store that was dropped without a close, with the place where it was
   * taken: the memory that it pins is lost until the cache is closed. Costs a stack walk per
   * request, so it is off by default: for tests, and for a server whose {@link
   * KvCacheStats#openLeases} only ever rises.
   */
  public KvCacheBuilder reportLeaks() {
    return reportLeaks(true);
  }

  /** A file may also say no. */
  KvCacheBuilder reportLeaks(boolean yes) {
    once("reportLeaks");
    reportLeaks = yes;
    return this;
  }

  /**
   * Hears which chunks come and go. With a listener, keys hold the prompt's token ids: 4 bytes per
   * token.
   */
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
    require(
        model != null, "model", "model(ModelFingerprint.of(name, weights, tokenizer))", "model");
    require(layout != null, "layout", "layout(KvLayout.attention(...))", "layout");
    require(dramBytes > 0, "DRAM size", "dram(bytes)", "dram_bytes");
    if (origin.store().isPresent() && store == null) {
      throw new IllegalArgumentException(
          origin.store().get() + " is not used: open it, and give it to store(...)");
    }
    if (given.contains("staging") && store == null) {
      throw new IllegalArgumentException(
          origin.with("staging", stagingBytes) + " without a store: nothing streams, leave it out");
    }
    if (given.contains("stateEvery") && !layout.hasState()) {
      throw new IllegalArgumentException(
          origin.with("stateEvery", stateEvery) + " for a layout without state: leave it out");
    }
    Namespace namespace = new Namespace(model, layout, HASH_SEED, rank, world);
    if (dramBytes < namespace.chunkBytes()) {
      throw new IllegalArgumentException(
          origin.with("dram", dramBytes)
              + " is below one chunk of "
              + namespace.chunkBytes()
              + " bytes: give it at least that, or use smaller chunks");
    }
    if (device != null && (hbmBytes < namespace.chunkBytes() || hbmBytes > dramBytes)) {
      throw new IllegalArgumentException(
          "hbm("
              + hbmBytes
              + ") is not between one chunk of "
              + namespace.chunkBytes()
              + " bytes and "
              + origin.with("dram", dramBytes)
              + ": what is in device memory is in DRAM too");
    }
    long staging = store == null ? 0 : stagingFor(namespace.chunkBytes());
    HostMemory memory = hostMemory == null ? new DirectMemory() : hostMemory;
    DramLimit.check(origin.with("dram", dramBytes), dramBytes, staging, memory);
    if (store != null && store.isClosed()) {
      throw new IllegalArgumentException(store + " is closed: open it again");
    }
    if (store != null) {
      store.directory(namespace); // refuses a budget that it does not fit
    }
    return new TieredKvCache(
        namespace,
        HASH_SEED,
        device,
        hbmBytes,
        memory,
        dramBytes,
        staging,
        store,
        stateEvery,
        lookupTimeout,
        restoreTimeout,
        closeTimeout,
        reportLeaks,
        listener);
  }

  private long stagingFor(long chunkBytes) {
    if (!given.contains("staging")) {
      long wanted = Math.max(dramBytes / 32, Math.min(SMALLEST_USUAL_STAGING, dramBytes / 8));
      return Math.max(wanted, chunkBytes);
    }
    if (stagingBytes < chunkBytes) {
      throw new IllegalArgumentException(
          origin.with("staging", stagingBytes)
              + " is below one chunk of "
              + chunkBytes
              + " bytes: give it at least that");
    }
    return stagingBytes;
  }

  private void once(String setting) {
    if (!given.add(setting)) {
      throw new IllegalArgumentException(origin.twice(setting));
    }
  }

  private void require(boolean present, String what, String call, String field) {
    if (!present) {
      throw new IllegalArgumentException("no " + what + ": call " + call + origin.orField(field));
    }
  }
}
