package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.FaultyChunkIo;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.NioChunkIo;
import io.kvcache.store.StoreStats;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A prompt of ten chunks and a half, a cache over real files, and an engine that checks every byte.
 * Reads go into poisoned buffers.
 */
@Timeout(60)
abstract class FaultTestBase {
  static final int CHUNK = Layouts.CHUNK;
  static final int CHUNKS = 10;
  static final int ALL = CHUNKS * CHUNK;

  @TempDir Path root;
  final int[] tokens = FakeEngine.prompt(42, ALL + 5);
  final FakeEngine engine = new FakeEngine(layout(), tokens);
  FaultyChunkIo io;
  DirectoryStore store;
  KvCache cache;
  PromptKeys keys;

  KvLayout layout() {
    return Layouts.FULL;
  }

  KvCacheBuilder settings(KvCacheBuilder builder) {
    return builder;
  }

  DirectoryStore.Builder settings(DirectoryStore.Builder builder) {
    return builder;
  }

  /** A new process as far as the cache can tell: nothing in memory, nothing remembered. */
  void restart() {
    restart(root);
  }

  void restart(Path directory) {
    close();
    io = new FaultyChunkIo(NioChunkIo.open(directory));
    store = settings(DirectoryStore.builder(directory).io(io.factory())).open();
    cache = settings(Layouts.cache(layout()).store(store)).build();
    keys = cache.keys(tokens);
  }

  @AfterEach
  void close() {
    if (io != null) {
      io.heal();
      cache.close();
      store.close();
      StoreStats end = store.stats();
      assertEquals(0, end.queuedBytes(), "queued bytes leak");
      assertEquals(0, end.queuedTasks());
      assertEquals(0, end.io().readBytesInFlight(), "bytes in flight leak");
      assertEquals(0, end.io().running());
      assertEquals(0, end.io().hung());
      assertEquals(0, cache.stats().openLeases(), "a lease was left open");
      assertEquals(0, cache.stats().dram().pinnedImages(), "a pin leaks");
    }
  }

  /** Stores the whole prompt and waits for the files. */
  PersistReport storeAll() {
    return cache.store(keys, tokens.length, engine.source()).persisted().join();
  }

  /** The disk is well again. Some call soon finds out, without anybody resetting anything. */
  void storeUntilComplete() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    PersistReport persisted = storeAll();
    while (!persisted.complete() && System.nanoTime() < deadline) {
      persisted = storeAll();
    }
    assertTrue(persisted.complete(), persisted.toString());
  }

  void assertStoredAndRestart() {
    restart();
    assertTrue(storeAll().complete());
    restart();
  }

  /** What came back: how many tokens, and why not more. */
  record Restored(int tokens, ShortenedBy why) {}

  /** Restores through the checking engine. */
  Restored restore() {
    engine.calls.clear();
    try (PrefixLease lease = cache.acquire(keys)) {
      int promised = lease.tokens();
      int restored = lease.restore(engine.verifier());
      assertTrue(restored <= promised, restored + " of " + promised);
      return new Restored(restored, lease.shortenedBy());
    }
  }

  void assertRestored(int expectedTokens, ShortenedBy why) {
    assertEquals(new Restored(expectedTokens, why), restore());
  }

  Path file(int chunk) throws IOException {
    return file(chunk, 0);
  }

  Path file(int chunk, int group) throws IOException {
    return StoreFiles.image(root, keys, chunk, group);
  }

  List<Path> leftOvers() throws IOException {
    return StoreFiles.leftOvers(root);
  }
}
