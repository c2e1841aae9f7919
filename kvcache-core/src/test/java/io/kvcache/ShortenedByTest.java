package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.IoFault;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.GatedChunkIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each reason why a lease is not longer, made to happen, and what the lease still gives. */
class ShortenedByTest {
  @TempDir Path directory;

  private final GatedChunkIo io = new GatedChunkIo();
  private final int[] tokens = FakeEngine.prompt(1, 165);
  private DirectoryStore store;

  @BeforeEach
  void open() {
    store = DirectoryStore.builder(directory).io(io.factory()).open();
  }

  @AfterEach
  void close() {
    store.close();
  }

  private KvCache filled(KvLayout layout) {
    try (KvCache cache = Layouts.cache(layout).store(store).build()) {
      Caches.fill(cache, tokens);
    }
    return Layouts.cache(layout).store(store).build();
  }

  private void check(KvCache cache, int expectedTokens, ShortenedBy expected) {
    try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
      FakeEngine engine = new FakeEngine(cache.layout(), tokens);
      assertEquals(expectedTokens, lease.restore(engine.verifier()));
      assertEquals(expected, lease.shortenedBy());
      assertEquals(expectedTokens, lease.tokens());
    }
    assertEquals(Map.of(expected, 1L), cache.stats().shortened());
    Caches.end(cache);
  }

  @Test
  void nothing() {
    check(filled(Layouts.HYBRID), 160, ShortenedBy.NOTHING);
  }

  @Test
  void missWhenTheNextChunkWasNeverStored() {
    try (KvCache cache = Layouts.cache(Layouts.FULL).store(store).build()) {
      cache.store(cache.keys(tokens), 100, new FakeEngine(Layouts.FULL, tokens).source());
    }
    check(Layouts.cache(Layouts.FULL).store(store).build(), 96, ShortenedBy.MISS);
  }

  @Test
  void missWhenAChunkIsGoneOnceItIsRead() throws IOException {
    KvCache cache = filled(Layouts.FULL);
    Files.delete(Caches.file(directory, cache.keys(tokens), 4, 0));
    check(cache, 64, ShortenedBy.MISS);
  }

  @Test
  void noCutWhenOnlyAnotherGroupsImageIsMissing() throws IOException {
    try (KvCache cache = Layouts.cache(Layouts.HYBRID).stateEvery(3).store(store).build()) {
      Caches.fill(cache, tokens);
      Files.delete(Caches.file(directory, cache.keys(tokens), 9, 2));
      Files.delete(Caches.file(directory, cache.keys(tokens), 7, 1));
    }
    store.close();
    open();
    KvCache cache = Layouts.cache(Layouts.HYBRID).stateEvery(3).store(store).build();
    // State after chunks 3, 6, 9 (10 is gone); the window of a cut after 9 chunks wants chunk 7.
    check(cache, 96, ShortenedBy.NO_CUT);
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.fixture.Caches#layouts")
  void noRoomWhenAllIsWantedAtOnceAndDramIsSmallerButWhatFitsIsThere(KvLayout layout) {
    KvCacheBuilder settings = Layouts.cache(layout).store(store);
    int every = layout.hasState() ? 2 : 1;
    try (KvCache cache = (layout.hasState() ? settings.stateEvery(every) : settings).build()) {
      Caches.fill(cache, tokens);
    }
    int chunks = layout.hasState() ? 3 : 6;
    try (KvCache small = Caches.ofChunks(layout, chunks).store(store).build()) {
      for (int turn = 0; turn < 3; turn++) {
        try (PrefixLease lease = small.acquire(small.keys(tokens))) {
          assertEquals(160, lease.tokens(), "a restore could stream it");
          int loaded = lease.awaitLoaded();
          assertEquals(ShortenedBy.NO_ROOM, lease.shortenedBy());
          assertTrue(loaded >= 32 && loaded < 160, loaded + " tokens");
          assertEquals(loaded, lease.restore(new FakeEngine(layout, tokens).verifier()));
          assertTrue(small.stats().dram().usedBytes() <= small.stats().dram().capacityBytes());
        }
        Caches.assertAllGivenBack(small);
      }
    }
  }

  @Test
  void whatFitsIsServedInWhateverOrderTheGroupsWereDeclared() {
    KvLayout backwards =
        KvLayout.builder()
            .elementType(ElementType.F32)
            .blockTokens(4)
            .chunkTokens(Layouts.CHUNK)
            .state(new int[] {1, 2}, new LayoutPart("s", 500))
            .window(20, new int[] {0}, new LayoutPart("k", 16), new LayoutPart("v", 16))
            .full(new int[] {3}, new LayoutPart("k", 32), new LayoutPart("v", 32))
            .build();
    assertEquals(restoredWithRoomFor(3, Layouts.HYBRID), restoredWithRoomFor(3, backwards));
  }

  private int restoredWithRoomFor(int chunks, KvLayout layout) {
    try (KvCache cache = Layouts.cache(layout).store(store).stateEvery(1).build()) {
      Caches.fill(cache, tokens);
    }
    try (KvCache small = Caches.ofChunks(layout, chunks).store(store).stateEvery(1).build()) {
      int restored = Caches.restore(small, tokens);
      assertTrue(restored > 0, "nothing, with room for " + chunks + " chunks of " + layout);
      return restored;
    }
  }

  @Test
  void noRoomWhenAllIsWantedAtOnceAndOtherLeasesHoldEverything() {
    int[] other = FakeEngine.prompt(2, 100);
    try (KvCache cache = Caches.ofChunks(Layouts.FULL, 6).store(store).build()) {
      Caches.fill(cache, other);
      try (KvCache large = Layouts.cache(Layouts.FULL).store(store).build()) {
        Caches.fill(large, tokens);
      }
      try (PrefixLease all = cache.acquire(cache.keys(other));
          PrefixLease none = cache.acquire(cache.keys(tokens));
          PrefixLease streaming = cache.acquire(cache.keys(tokens))) {
        assertEquals(96, all.awaitLoaded());
        assertEquals(0, none.awaitLoaded());
        assertEquals(ShortenedBy.NO_ROOM, none.shortenedBy());
        assertEquals(160, streaming.restore(new FakeEngine(Layouts.FULL, tokens).verifier()));
      }
      assertEquals(160, Caches.restore(cache, tokens));
    }
  }

  @Test
  void corruptWhenAByteIsFlippedAndTheFileIsGone() throws IOException {
    KvCache cache = filled(Layouts.FULL);
    Path file = Caches.file(directory, cache.keys(tokens), 7, 0);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, 5000);
      channel.write(ByteBuffer.wrap(new byte[] {(byte) (one.get(0) ^ 1)}), 5000);
    }
    check(cache, 112, ShortenedBy.CORRUPT);
    assertFalse(Files.exists(file));
  }

  @ParameterizedTest
  @EnumSource(
      value = IoFault.class,
      names = {"TRANSIENT", "READ_ONLY"})
  void ioErrorWhenAReadFailsAndTheFileStays(IoFault fault) {
    KvCache cache = filled(Layouts.HYBRID);
    Path file = Caches.file(directory, cache.keys(tokens), 9, 1);
    io.reads =
        path -> {
          if (path.equals(file)) {
            throw new ChunkIoException(fault, "a test fails " + path, null);
          }
        };
    // Without window rows of chunk 9 no cut is left that has a state.
    check(cache, 0, ShortenedBy.IO_ERROR);
    assertTrue(Files.exists(file));
  }

  @Test
  void ioErrorWhenAReadBreaks() {
    KvCache cache = filled(Layouts.FULL);
    Path file = Caches.file(directory, cache.keys(tokens), 5, 0);
    io.reads =
        path -> {
          if (path.equals(file)) {
            throw new UnsatisfiedLinkError("a test has no library");
          }
        };
    check(cache, 80, ShortenedBy.IO_ERROR);
  }

  @Test
  void tierDownWhenTheStoreIsClosed() {
    KvCache cache = filled(Layouts.FULL);
    store.close();
    check(cache, 0, ShortenedBy.TIER_DOWN);
  }

  @Test
  void interruptedWhenTheCallerIsAndTheReadGoesOn() throws InterruptedException {
    KvCache cache = filled(Layouts.FULL);
    Path file = Caches.file(directory, cache.keys(tokens), 3, 0);
    CountDownLatch open = new CountDownLatch(1);
    io.reads =
        path -> {
          if (path.equals(file)) {
            awaitQuietly(open);
          }
        };
    try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
      Thread.currentThread().interrupt();
      int restored = lease.restore(new FakeEngine(Layouts.FULL, tokens).verifier());
      assertTrue(Thread.interrupted(), "the flag stays set");
      assertTrue(restored <= 48, restored + " tokens without chunk 3");
      assertEquals(ShortenedBy.INTERRUPTED, lease.shortenedBy());
    }
    open.countDown();
    try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
      assertEquals(160, lease.restore(new FakeEngine(Layouts.FULL, tokens).verifier()));
    }
    Caches.end(cache);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError("I/O threads are never interrupted", e);
    }
  }

  @Test
  void limitWhenTheEngineAskedForLess() {
    KvCache cache = filled(Layouts.FULL);
    try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
      assertEquals(48, lease.limit(50));
    }
    assertEquals(Map.of(ShortenedBy.LIMIT, 1L), cache.stats().shortened());
    cache.close();
  }
}
