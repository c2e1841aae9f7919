package io.kvcache;

import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Settings of a cache and its store from JSON. The fields are listed in docs/embedding.md.
 *
 * <pre>{@code
 * KvCacheConfig config = KvCacheConfig.read(Path.of("/etc/kvcache.json"));
 * DirectoryStore store = config.store().orElseThrow().open();     // closed by whoever opened it
 * KvCache cache = config.builder().store(store).build();
 * }</pre>
 *
 * <p>What a file does not say may be said by code, on the builders it gives; what it says of a
 * cache may not be said again. All of it is checked when it is read, but for what depends on the
 * machine, which {@link KvCacheBuilder#build} checks. Immutable.
 */
public final class KvCacheConfig {
  static final ConfigTable<KvCacheBuilder> CACHE =
      new ConfigTable<KvCacheBuilder>("store")
          .add("model", KvCacheConfig::model, "model", KvCacheBuilder::model)
          .add("layout", ConfigLayout::read, "layout", KvCacheBuilder::layout)
          .add("shard", KvCacheConfig::shard, "shard", (b, s) -> b.shard(s[0], s[1]))
          .add("dram_bytes", ConfigValue::bytes, "dram", KvCacheBuilder::dram)
          .add("staging_bytes", ConfigValue::bytes, "staging", KvCacheBuilder::staging)
          .add("state_every", ConfigValue::integer, "stateEvery", KvCacheBuilder::stateEvery)
          .add(
              "lookup_timeout_ms",
              ConfigValue::millis,
              "lookupTimeout",
              KvCacheBuilder::lookupTimeout)
          .add(
              "restore_timeout_ms",
              ConfigValue::millis,
              "restoreTimeout",
              KvCacheBuilder::restoreTimeout)
          .add(
              "close_timeout_ms", ConfigValue::millis, "closeTimeout", KvCacheBuilder::closeTimeout)
          .add("report_leaks", ConfigValue::flag, "reportLeaks", KvCacheBuilder::reportLeaks);

  static final ConfigTable<DirectoryStore.Builder> STORE =
      new ConfigTable<DirectoryStore.Builder>("directory")
          .add("workers", ConfigValue::integer, "workers", DirectoryStore.Builder::workers)
          .add("read_share", ConfigValue::number, "readShare", DirectoryStore.Builder::readShare)
          .add(
              "free_space_floor_bytes",
              ConfigValue::bytes,
              "freeSpaceFloor",
              DirectoryStore.Builder::freeSpaceFloor)
          .add(
              "max_queued_bytes",
              ConfigValue::bytes,
              "maxQueuedBytes",
              DirectoryStore.Builder::maxQueuedBytes)
          .add(
              "max_queued_time_ms",
              ConfigValue::millis,
              "maxQueuedTime",
              DirectoryStore.Builder::maxQueuedTime)
          .add(
              "max_read_bytes_in_flight",
              ConfigValue::bytes,
              "maxReadBytesInFlight",
              DirectoryStore.Builder::maxReadBytesInFlight)
          .add("io_timeout_ms", ConfigValue::millis, "ioTimeout", DirectoryStore.Builder::ioTimeout)
          .add(
              "breaker_window_ms",
              ConfigValue::millis,
              "breakerWindow",
              DirectoryStore.Builder::breakerWindow)
          .add("budget_bytes", ConfigValue::bytes, "budget", DirectoryStore.Builder::budget)
          .add(
              "watermarks",
              KvCacheConfig::watermarks,
              "watermarks",
              (b, w) -> b.watermarks(w[0], w[1]))
          .add("scan_rate", ConfigValue::integer, "scanRate", DirectoryStore.Builder::scanRate)
          .add(
              "unlink_rate", ConfigValue::integer, "unlinkRate", DirectoryStore.Builder::unlinkRate)
          .add(
              "stamp_interval_ms",
              ConfigValue::millis,
              "stampInterval",
              DirectoryStore.Builder::stampInterval)
          .add(
              "presence_ttl_ms",
              ConfigValue::millis,
              "presenceTtl",
              DirectoryStore.Builder::presenceTtl)
          .add(
              "close_timeout_ms",
              ConfigValue::millis,
              "closeTimeout",
              DirectoryStore.Builder::closeTimeout);

  private final ConfigValue root;

  private KvCacheConfig(ConfigValue root) {
    this.root = root;
    // What does not fit is said now, not when somebody builds.
    KvLayout layout =
        root.object(CACHE.fields()).optional("layout").map(ConfigLayout::read).orElse(null);
    builder();
    store();
    root.optional("staging_bytes")
        .filter(staging -> root.optional("store").isEmpty())
        .ifPresent(
            staging -> {
              throw staging.refused(
                  "nothing streams without a store: add "
                      + root.path()
                      + ".store, or leave it out");
            });
    root.optional("state_every")
        .filter(every -> layout != null && !layout.hasState())
        .ifPresent(
            every -> {
              throw every.refused("the layout has no state: leave it out");
            });
  }

  /**
   * Reads a file, UTF-8.
   *
   * @throws IllegalArgumentException if it cannot be read, or for what {@link #parse} refuses;
   *     names the file too
   */
  public static KvCacheConfig read(Path file) {
    String json;
    try {
      json = Files.readString(Objects.requireNonNull(file, "file"));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          file + " cannot be read: " + e + ": name a readable file of UTF-8", e);
    }
    return new KvCacheConfig(ConfigValue.parse(file + ": $", json));
  }

  /**
   * Reads JSON.
   *
   * @throws IllegalArgumentException for what is malformed, unknown, missing, contradictory, of
   *     another type or out of bounds; names the field by its path, such as {@code
   *     $.store.workers}, the value and the remedy
   */
  public static KvCacheConfig parse(String json) {
    return new KvCacheConfig(ConfigValue.parse("$", Objects.requireNonNull(json, "json")));
  }

  /**
   * A new builder with every setting that was read. A store that was read is yet to be opened and
   * given to it; without that it refuses to build.
   */
  public KvCacheBuilder builder() {
    KvCacheBuilder builder = new KvCacheBuilder();
    Map<String, String> fields = CACHE.apply(root, builder);
    return builder.origin(
        new ConfigOrigin(root.path(), fields, root.optional("store").map(ConfigValue::path)));
  }

  /** A new builder of the store that was read, if there is one: for one cache or for many. */
  public Optional<DirectoryStore.Builder> store() {
    return root.optional("store").map(KvCacheConfig::storeOf);
  }

  private static DirectoryStore.Builder storeOf(ConfigValue section) {
    section.object(STORE.fields());
    ConfigValue directory = section.field("directory");
    Path path = directory.accepted(() -> Path.of(directory.text()));
    if (!path.isAbsolute()) {
      throw directory.refused("an absolute path is expected, whatever the process was started in");
    }
    DirectoryStore.Builder builder = DirectoryStore.builder(path);
    STORE.apply(section, builder);
    section
        .optional("watermarks")
        .filter(watermarks -> section.optional("budget_bytes").isEmpty())
        .ifPresent(
            watermarks -> {
              throw watermarks.refused(
                  "without a budget nothing is evicted: add "
                      + section.path()
                      + ".budget_bytes, or leave it out");
            });
    return builder;
  }

  private static double[] watermarks(ConfigValue section) {
    section.object("high", "low");
    return new double[] {section.field("high").number(), section.field("low").number()};
  }

  private static ModelFingerprint model(ConfigValue section) {
    section.object("name", "weights_sha256", "tokenizer_sha256");
    String name = section.field("name").text();
    String weights = digest(section.field("weights_sha256"));
    String tokenizer = digest(section.field("tokenizer_sha256"));
    return section.field("name").accepted(() -> ModelFingerprint.of(name, weights, tokenizer));
  }

  private static String digest(ConfigValue value) {
    String hex = value.text();
    return value.accepted(() -> ModelFingerprint.digest("digest", hex));
  }

  private static int[] shard(ConfigValue section) {
    section.object("rank", "world");
    return new int[] {section.field("rank").integer(), section.field("world").integer()};
  }

  /** Where the settings are from. */
  @Override
  public String toString() {
    return "KvCacheConfig[" + root + "]";
  }
}
