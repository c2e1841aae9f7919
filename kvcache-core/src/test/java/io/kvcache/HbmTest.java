package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Await;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.FaultyChunkIo;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.fixture.HostDevice;
import io.kvcache.fixture.Layouts;
import io.kvcache.spi.DeviceMemory;
import io.kvcache.spi.DeviceMemoryException;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.NioChunkIo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A second copy in device memory: what is promoted, what the engine sees of it, what may fail. */
@Timeout(60)
class HbmTest {
  private static final int ALL = 160;

  private final int[] tokens = FakeEngine.prompt(1, 165);
  private final HostDevice device = new HostDevice(1 << 20);
  private KvCache cache;

  private void open(KvLayout layout, int dramChunks, int hbmChunks) {
    open(Caches.ofChunks(layout, dramChunks), layout, hbmChunks);
  }

  private void open(KvCacheBuilder settings, KvLayout layout, int hbmChunks) {
    cache = settings.hbm(device, hbmChunks * Caches.namespace(layout).chunkBytes()).build();
  }

  @AfterEach
  void everythingIsGivenBack() {
    if (cache != null) {
      Caches.end(cache);
      Await.until(() -> device.usedBytes() == 0);
    }
  }

  private void awaitPromoted(long images) {
    Await.until(() -> hbm().slots().inserted() >= images && hbm().slots().pinnedImages() == 0);
    Await.until(() -> cache.stats().dram().pinnedImages() == 0);
  }

  private HbmStats hbm() {
    return cache.stats().hbm().orElseThrow();
  }

  /** Compares what the device has of a lease's chunks with what the engine would have computed. */
  private int checkDevice(PrefixLease lease, KvLayout layout) throws DeviceMemoryException {
    FakeEngine engine = new FakeEngine(layout, tokens);
    int parts = 0;
    lease.awaitLoaded();
    for (int i = 0; i < lease.chunks(); i++) {
      ChunkView chunk = lease.chunk(i);
      if (chunk.tier() != Tier.HBM) {
        continue;
      }
      for (LayoutGroup group : layout.groups()) {
        if (group.kind() != GroupKind.FULL) {
          continue;
        }
        for (int l = 0; l < group.layerCount(); l++) {
          for (int part = 0; part < group.parts().size(); part++) {
            int layer = group.layer(l);
            ByteBuffer rows =
                ByteBuffer.allocateDirect(chunk.rows(layer, part).remaining())
                    .order(ByteOrder.LITTLE_ENDIAN);
            device.copyOut(chunk.deviceAddress(layer, part), rows);
            engine.check(new FakeEngine.Call(layer, part, chunk.from(), chunk.count()), rows);
            parts++;
          }
        }
      }
    }
    return parts;
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.fixture.Caches#layouts")
  void aHitIsPromotedAndTheNextOneFindsItOnTheDevice(KvLayout layout) throws Exception {
    open(layout, 40, 20);
    Caches.fill(cache, tokens);
    assertEquals(0, hbm().slots().images(), "what is stored waits for its first hit");
    assertEquals(ALL, Caches.restore(cache, tokens));
    awaitPromoted(10);
    try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
      assertEquals(Map.of(Tier.HBM, ALL), lease.tokensByTier());
      assertTrue(checkDevice(lease, layout) > 0);
      assertEquals(ALL, lease.restore(new FakeEngine(layout, tokens).verifier()));
    }
    assertEquals(ALL, cache.stats().hitTokens().get(Tier.HBM));
  }

  @Test
  void aPromptLargerThanTheDeviceKeepsItsFrontThere() throws Exception {
    open(Layouts.FULL, 20, 4);
    Caches.fill(cache, tokens);
    for (int turn = 0; turn < 3; turn++) {
      assertEquals(ALL, Caches.restore(cache, tokens));
      awaitPromoted(4);
    }
    assertEquals(4, hbm().slots().inserted(), "nothing is copied to and fro");
    try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
      assertEquals(Map.of(Tier.HBM, 64, Tier.DRAM, 96), lease.tokensByTier());
      assertEquals(16, checkDevice(lease, Layouts.FULL));
      ChunkView beyond = lease.chunk(4);
      assertEquals(
          "layer 1 of chunk 4 is not in device memory (DRAM): use rows(...)",
          refused(() -> beyond.deviceAddress(1, 0)));
    }
  }

  private static String refused(Executable call) {
    return assertThrows(IllegalStateException.class, call).getMessage();
  }

  @Test
  void whatALeaseUsesOnTheDeviceStaysUntilItIsClosed() throws Exception {
    open(Layouts.FULL, 20, 5);
    int[] other = FakeEngine.prompt(2, 165);
    Caches.fill(cache, tokens);
    Caches.fill(cache, other);
    assertEquals(ALL, Caches.restore(cache, tokens));
    awaitPromoted(5);
    ChunkView view;
    try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
      view = lease.chunk(0);
      assertEquals(ALL, Caches.restore(cache, other));
      Await.until(() -> cache.stats().dram().pinnedImages() == 10);
      assertEquals(5, hbm().slots().inserted(), "there was no room");
      assertEquals(20, checkDevice(lease, Layouts.FULL));
    }
    assertEquals(
        "the lease is closed: acquire another one", refused(() -> view.deviceAddress(0, 0)));
    // One that finds others waiting is dropped: the next hit tries again.
    Await.until(() -> Caches.restore(cache, other) == ALL && hbm().slots().inserted() == 10);
    assertEquals(5, hbm().slots().evicted());
  }

  @Test
  void whatLeavesMemoryLeavesTheDeviceToo(@TempDir Path directory) throws Exception {
    Set<ChunkKey> onDevice = Collections.synchronizedSet(new HashSet<>());
    List<String> wrong = Collections.synchronizedList(new ArrayList<>());
    KvCacheListener listener =
        new KvCacheListener() {
          @Override
          public void stored(ChunkEvent event) {
            if (event.tier() == Tier.HBM && !onDevice.add(event.key())) {
              wrong.add("stored twice: " + event);
            }
          }

          @Override
          public void removed(ChunkEvent event) {
            if (event.tier() == Tier.HBM && !onDevice.remove(event.key())) {
              wrong.add("removed twice: " + event);
            }
          }
        };
    try (DirectoryStore store = DirectoryStore.open(directory)) {
      open(Caches.ofChunks(Layouts.FULL, 10).store(store).listener(listener), Layouts.FULL, 10);
      Caches.fill(cache, tokens);
      assertEquals(ALL, Caches.restore(cache, tokens));
      awaitPromoted(10);
      assertEquals(10, onDevice.size());
      Caches.fill(cache, FakeEngine.prompt(2, 100));
      assertEquals(4, onDevice.size());
      assertEquals(4, hbm().slots().images());
      try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
        assertEquals(Map.of(Tier.HBM, 64, Tier.STORE, 96), lease.tokensByTier());
      }
      everythingIsGivenBack();
      cache = null;
      assertEquals(List.of(), wrong);
    }
  }

  @Test
  void aCopyThatTheDeviceFailsCostsNothingButThePromotion() throws Exception {
    open(Layouts.FULL, 20, 10);
    Caches.fill(cache, tokens);
    device.failNthCopy(4);
    assertEquals(ALL, Caches.restore(cache, tokens));
    Await.until(() -> hbm().failedCopies() == 1);
    awaitPromoted(3);
    assertEquals(3, hbm().slots().images());
    assertEquals(ALL, Caches.restore(cache, tokens));
    awaitPromoted(10);
    try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
      assertEquals(40, checkDevice(lease, Layouts.FULL));
    }
  }

  /** Lets copies wait. */
  private record SlowDevice(HostDevice device, CountDownLatch entered, CountDownLatch go)
      implements DeviceMemory {
    @Override
    public long allocate(long bytes) throws DeviceMemoryException {
      return device.allocate(bytes);
    }

    @Override
    public void free(long address) {
      device.free(address);
    }

    @Override
    public void copyIn(ByteBuffer from, long to) throws DeviceMemoryException {
      entered.countDown();
      try {
        go.await();
      } catch (InterruptedException e) {
        throw new AssertionError("promotions are not interrupted", e);
      }
      device.copyIn(from, to);
    }

    @Override
    public void copyOut(long from, ByteBuffer to) throws DeviceMemoryException {
      device.copyOut(from, to);
    }

    @Override
    public long stream() {
      return device.stream();
    }
  }

  @Test
  void whatIsPurgedWhileItIsPromotedIsNotOnTheDeviceAfterwards() throws Exception {
    KvScope tenant = KvScope.of("tenant");
    SlowDevice slow = new SlowDevice(device, new CountDownLatch(1), new CountDownLatch(1));
    cache =
        Caches.ofChunks(Layouts.FULL, 20)
            .hbm(slow, 10 * Caches.namespace(Layouts.FULL).chunkBytes())
            .build();
    PromptKeys keys = cache.keys(tokens, tenant);
    cache.store(keys, 165, new FakeEngine(Layouts.FULL, tokens).source());
    try (PrefixLease lease = cache.acquire(keys)) {
      lease.awaitLoaded();
    }
    slow.entered().await();
    assertEquals(10, cache.purge(tenant).memoryImages());
    slow.go().countDown();
    Caches.assertAllGivenBack(cache);
    Await.until(() -> hbm().slots().pinnedImages() == 0);
    assertEquals(0, hbm().slots().images());
  }

  @Test
  void closingWaitsForACopyUnderWay() throws Exception {
    SlowDevice slow = new SlowDevice(device, new CountDownLatch(1), new CountDownLatch(1));
    cache =
        Caches.ofChunks(Layouts.FULL, 20)
            .hbm(slow, 10 * Caches.namespace(Layouts.FULL).chunkBytes())
            .build();
    Caches.fill(cache, tokens);
    assertEquals(ALL, Caches.restore(cache, tokens));
    slow.entered().await();
    Thread closer = new Thread(cache::close);
    closer.start();
    Await.state(closer, Thread.State.TIMED_WAITING);
    assertTrue(device.usedBytes() > 0);
    slow.go().countDown();
    closer.join();
    assertEquals(0, device.usedBytes());
  }

  @Test
  void closingWaitsForWritesAndACopyTogetherNoLongerThanItsTimeout(@TempDir Path directory)
      throws Exception {
    SlowDevice slow = new SlowDevice(device, new CountDownLatch(1), new CountDownLatch(1));
    FaultyChunkIo io = new FaultyChunkIo(NioChunkIo.open(directory));
    try (DirectoryStore store = DirectoryStore.builder(directory).io(io.factory()).open()) {
      cache =
          Caches.ofChunks(Layouts.FULL, 20)
              .store(store)
              .closeTimeout(Duration.ofSeconds(3))
              .hbm(slow, 10 * Caches.namespace(Layouts.FULL).chunkBytes())
              .build();
      Gate gate = io.block(Op.WRITE);
      PromptKeys keys = cache.keys(tokens);
      cache.store(keys, ALL, new FakeEngine(Layouts.FULL, tokens).source());
      try (PrefixLease lease = cache.acquire(keys)) {
        lease.awaitLoaded();
      }
      slow.entered().await();
      gate.awaitEntered();
      long start = System.nanoTime();
      cache.close();
      assertTrue(Duration.ofNanos(System.nanoTime() - start).toMillis() < 5_000);
      gate.release();
      slow.go().countDown();
    }
  }

  @Test
  void aDeviceWithoutMemoryMakesASmallerTier() {
    device.refuseAllocations(true);
    open(Layouts.FULL, 20, 10);
    Caches.fill(cache, tokens);
    for (int turn = 0; turn < 3; turn++) {
      assertEquals(ALL, Caches.restore(cache, tokens));
    }
    Caches.assertAllGivenBack(cache);
    assertEquals(0, hbm().slots().usedBytes());
    assertEquals(0, hbm().failedCopies());
  }

  @Test
  void aLeaseThatOutlivesItsCacheKeepsItsDeviceMemory() throws Exception {
    open(Layouts.FULL, 20, 10);
    Caches.fill(cache, tokens);
    assertEquals(ALL, Caches.restore(cache, tokens));
    awaitPromoted(10);
    PrefixLease lease = cache.acquire(cache.keys(tokens));
    cache.close();
    assertTrue(device.usedBytes() > 0);
    assertEquals(40, checkDevice(lease, Layouts.FULL));
    lease.close();
    assertEquals(0, device.usedBytes());
  }

  @Test
  void sizesThatMakeNoSenseAreRefused() {
    long chunk = Caches.namespace(Layouts.FULL).chunkBytes();
    assertThrows(IllegalArgumentException.class, () -> KvCache.builder().hbm(device, 0));
    for (long bytes : new long[] {chunk - 1, 3 * chunk + 1}) {
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> Caches.ofChunks(Layouts.FULL, 3).hbm(device, bytes).build())
              .getMessage();
      assertTrue(message.contains("hbm(" + bytes + ")"), message);
    }
    assertFalse(device.usedBytes() > 0);
  }
}
