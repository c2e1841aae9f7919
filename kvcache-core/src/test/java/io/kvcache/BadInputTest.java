package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.HostDevice;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.LimitedMemory;
import io.kvcache.store.DirectoryStore;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Misuse throws at the call and says the value, the limit and the remedy. */
class BadInputTest {
  @TempDir Path directory;

  private final KvCache cache = Layouts.cache(Layouts.FULL).build();
  private final PromptKeys keys = cache.keys(FakeEngine.prompt(1, 100));

  @AfterEach
  void nothingWasTaken() {
    assertEquals(0, cache.stats().openLeases());
    Caches.end(cache);
  }

  private static void refused(Executable call, String... says) {
    refused(IllegalArgumentException.class, call, says);
  }

  private static void refused(
      Class<? extends RuntimeException> type, Executable call, String... says) {
    String message = assertThrows(type, call).getMessage();
    for (String part : says) {
      assertTrue(message.contains(part), "\"" + message + "\" does not say " + part);
    }
  }

  @Test
  void negativeIdsAreNamedWithTheirIndex() {
    int[] tokens = FakeEngine.prompt(1, 100);
    tokens[37] = -5;
    refused(() -> cache.keys(tokens), "37", "-5");
    refused(() -> keys.append(1, 2, Integer.MIN_VALUE), "2", "-2147483648");
    cache.keys(new int[] {0, Integer.MAX_VALUE});
  }

  @Test
  void dramBelowOneChunkIsRefused() {
    long chunk = Caches.namespace(Layouts.HYBRID).chunkBytes();
    refused(() -> KvCache.builder().dram(0), "dram(0)", "at least");
    refused(() -> KvCache.builder().dram(-1), "dram(-1)", "at least");
    refused(
        () -> settings(Layouts.HYBRID).dram(chunk - 1).build(),
        "dram(" + (chunk - 1) + ")",
        chunk + " bytes",
        "smaller chunks");
    settings(Layouts.HYBRID).dram(chunk).build().close();
  }

  @Test
  void dramAboveTheDirectMemoryLimitIsRefusedAndTheFlagIsNamed() {
    for (long bytes : new long[] {1L << 50, Long.MAX_VALUE}) {
      refused(
          () -> settings(Layouts.FULL).dram(bytes).build(),
          "dram(" + bytes + ")",
          "limit of " + PlatformDependent.maxDirectMemory(),
          "-XX:MaxDirectMemorySize=");
    }
  }

  @Test
  void dramAboveWhatTheGivenMemoryHasIsRefusedWithItsRemedy() {
    LimitedMemory memory = new LimitedMemory(1 << 20);
    refused(
        () -> settings(Layouts.FULL).hostMemory(memory).dram((1 << 20) + 1).build(),
        "dram(" + ((1 << 20) + 1) + ")",
        "limit of " + (1 << 20) + " bytes of " + memory,
        memory.remedy((1 << 20) + 1));
    settings(Layouts.FULL).hostMemory(memory).dram(1 << 20).build().close();
    assertEquals(0, memory.asked.size(), "nothing is allocated before it is needed");
  }

  @Test
  void twoSizesWhoseSumOverflowsAreRefused() {
    try (DirectoryStore store = DirectoryStore.open(directory)) {
      refused(
          () ->
              settings(Layouts.FULL)
                  .dram(Long.MAX_VALUE)
                  .staging(Long.MAX_VALUE)
                  .store(store)
                  .build(),
          "dram(" + Long.MAX_VALUE + ")",
          "-XX:MaxDirectMemorySize=");
    }
  }

  private static KvCacheBuilder settings(KvLayout layout) {
    return KvCache.builder().model(Layouts.MODEL).layout(layout);
  }

  @Test
  void aDirectoryThatIsAFileIsRefused() throws IOException {
    Path file = Files.createFile(directory.resolve("kv"));
    refused(() -> DirectoryStore.open(file), file.toString(), "no directory");
    assertEquals(List.of(file), Files.list(directory).toList(), "nothing was made beside it");
  }

  @Test
  void aSettingMadeTwiceIsRefused() {
    try (DirectoryStore store = DirectoryStore.open(directory)) {
      Stream.<UnaryOperator<KvCacheBuilder>>of(
              b -> b.model(Layouts.MODEL),
              b -> b.layout(Layouts.FULL),
              b -> b.shard(0, 2),
              b -> b.dram(1 << 20),
              b -> b.store(store),
              b -> b.stateEvery(2),
              b -> b.staging(1 << 20),
              b -> b.hbm(new HostDevice(1), 1 << 20),
              b -> b.hostMemory(new LimitedMemory(1 << 20)),
              b -> b.lookupTimeout(Duration.ofSeconds(1)),
              b -> b.restoreTimeout(Duration.ofSeconds(1)),
              b -> b.closeTimeout(Duration.ofSeconds(1)),
              b -> b.reportLeaks(),
              b -> b.listener(new KvCacheListener() {}))
          .forEach(
              setting -> {
                KvCacheBuilder once = setting.apply(KvCache.builder());
                refused(() -> setting.apply(once), "set twice", "set it once");
              });
    }
  }

  @Test
  void aSettingOfAStoreMadeTwiceIsRefused() {
    Stream.<UnaryOperator<DirectoryStore.Builder>>of(
            b -> b.workers(2),
            b -> b.readShare(0.5),
            b -> b.unlinkRate(10),
            b -> b.ioTimeout(Duration.ofSeconds(1)),
            b -> b.budget(1 << 20),
            b -> b.watermarks(0.8, 0.7))
        .forEach(
            setting -> {
              DirectoryStore.Builder once = setting.apply(DirectoryStore.builder(directory));
              refused(() -> setting.apply(once), "set twice", "set it once");
            });
  }

  @Test
  void missingSettingsAreNamedWithTheCallThatMakesThem() {
    refused(() -> KvCache.builder().build(), "no model", "model(ModelFingerprint.of(");
    refused(() -> KvCache.builder().model(Layouts.MODEL).build(), "no layout", "layout(KvLayout");
    refused(() -> settings(Layouts.FULL).build(), "no DRAM size", "dram(bytes)");
  }

  @Test
  void contradictionsAreRefused() {
    refused(
        () -> Layouts.cache(Layouts.WINDOW).stateEvery(4).build(),
        "stateEvery(4)",
        "without state",
        "leave it out");
    refused(() -> KvCache.builder().stateEvery(0), "stateEvery(0)", "1");
    refused(() -> KvCache.builder().shard(2, 2), "shard(2, 2)", "0 to world - 1");
    refused(() -> KvCache.builder().shard(-1, 2), "shard(-1, 2)");
    refused(() -> KvCache.builder().shard(0, 0), "shard(0, 0)");
    refused(() -> KvCache.builder().closeTimeout(Duration.ZERO), "PT0S", "more than zero");
    refused(() -> KvCache.builder().closeTimeout(Duration.ofMillis(-1)), "more than zero");
    refused(
        () -> KvCache.builder().closeTimeout(Duration.ofSeconds(Long.MAX_VALUE)), "at most a day");
    DirectoryStore store = DirectoryStore.open(directory);
    store.close();
    refused(
        () -> Layouts.cache(Layouts.FULL).store(store).build(),
        directory.toString(),
        "closed",
        "open it again");
  }

  @Test
  void keysOfAnotherLayoutAreRefused() {
    KvLayout other = Layouts.FULL.toBuilder().chunkTokens(32).build();
    try (KvCache wide = Layouts.cache(other).build()) {
      for (Executable call :
          List.<Executable>of(
              () -> wide.acquire(keys),
              () -> wide.probe(keys),
              () -> wide.store(keys, 100, (layer, part, from, count, rows) -> true))) {
        refused(call, "16-token chunks", "32", "with this cache's keys(...)");
      }
    }
  }

  @Test
  void keysOfAnotherModelAreTheSameKeysAndFindNothingHere() {
    ModelFingerprint model = ModelFingerprint.of("other", "12".repeat(32), "34".repeat(32));
    try (DirectoryStore store = DirectoryStore.open(directory);
        KvCache mine = Layouts.cache(Layouts.FULL).store(store).build();
        KvCache others =
            KvCache.builder()
                .model(model)
                .layout(Layouts.FULL)
                .dram(1 << 20)
                .store(store)
                .build()) {
      int[] tokens = FakeEngine.prompt(1, 100);
      Caches.fill(mine, tokens);
      assertEquals(96, mine.probe(others.keys(tokens)));
      assertEquals(0, others.probe(mine.keys(tokens)));
    }
  }

  @Test
  void computedTokensOutOfRangeAreRefused() {
    KvSource never =
        (layer, part, from, count, rows) -> {
          throw new AssertionError("nothing is to be read");
        };
    for (int computed : new int[] {-1, 101, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      refused(
          () -> cache.store(keys, computed, never),
          "computedTokens = " + computed,
          "prompt of 100",
          "append");
    }
  }

  @Test
  void stateCutsOfNoRangeAreRefused() {
    refused(() -> cache.stateCuts(5, 4), "stateCuts(5, 4)", "from <= to");
    refused(() -> cache.stateCuts(-1, 4), "stateCuts(-1, 4)");
  }

  @Test
  void nullsAreNamed() {
    Class<NullPointerException> nothing = NullPointerException.class;
    refused(nothing, () -> cache.keys(null), "tokens");
    refused(nothing, () -> cache.keys(new int[0], null), "scope");
    refused(nothing, () -> cache.acquire(null), "keys");
    refused(nothing, () -> cache.probe(null), "keys");
    refused(nothing, () -> cache.store(null, 0, (l, p, f, c, r) -> true), "keys");
    refused(nothing, () -> cache.store(keys, 0, null), "source");
    refused(nothing, () -> KvCache.builder().model(null), "model");
    refused(nothing, () -> KvCache.builder().layout(null), "layout");
    refused(nothing, () -> KvCache.builder().store(null), "store");
    refused(nothing, () -> KvCache.builder().listener(null), "listener");
    refused(nothing, () -> KvCache.builder().closeTimeout(null), "closeTimeout");
    refused(nothing, () -> ModelFingerprint.of(null, "", ""), "model");
    refused(nothing, () -> DirectoryStore.open(null), "root");
    try (PrefixLease lease = cache.acquire(keys)) {
      refused(nothing, () -> lease.restore(null), "sink");
    }
  }

  @Test
  void fingerprintsThatSayNothingAreRefused() {
    String hash = "ab".repeat(32);
    refused(() -> ModelFingerprint.of(" ", hash, hash), "model name \" \"", "128");
    refused(() -> ModelFingerprint.of("m".repeat(129), hash, hash), "128");
    refused(() -> ModelFingerprint.of("m", "abc", hash), "weightsSha256", "abc", "64 hex");
    refused(() -> ModelFingerprint.of("m", hash, "xyz"), "tokenizerSha256", "xyz", "64 hex");
  }
}
