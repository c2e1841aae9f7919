package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.LimitedMemory;
import io.kvcache.spi.HostMemory;
import io.kvcache.store.DirectoryStore;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A cache whose memory somebody else gives. */
class HostMemoryTest {
  private static final int CHUNKS = 12;

  @TempDir private Path directory;

  @ParameterizedTest
  @MethodSource("io.kvcache.fixture.Caches#layouts")
  void tierAndStagingLiveInItAndAllOfItIsGivenBack(KvLayout layout) {
    LimitedMemory memory = new LimitedMemory(64 << 20);
    int[] tokens = FakeEngine.prompt(1, CHUNKS * Layouts.CHUNK + 1);
    try (DirectoryStore store = DirectoryStore.open(directory)) {
      KvCache cache = Caches.ofChunks(layout, CHUNKS + 2).hostMemory(memory).store(store).build();
      Caches.fill(cache, tokens);
      assertEquals(CHUNKS * Layouts.CHUNK, Caches.restore(cache, tokens));
      Caches.end(cache);
      assertEquals(0, memory.allocatedBytes());

      KvCache small = Caches.ofChunks(layout, 2).hostMemory(memory).store(store).build();
      assertTrue(Caches.restore(small, tokens) > 0);
      assertTrue(memory.allocatedBytes() > 0);
      Caches.end(small);
    }
    assertEquals(0, memory.allocatedBytes());
  }

  @Test
  void memoryThatBreaksItsContractFailsNoRequest() {
    HostMemory broken =
        new HostMemory() {
          @Override
          public Region allocate(int bytes, int alignment) {
            throw new IllegalStateException("a bug");
          }

          @Override
          public long limitBytes() {
            return Long.MAX_VALUE;
          }

          @Override
          public String remedy(long bytes) {
            return "mend it";
          }

          @Override
          public long allocatedBytes() {
            return 0;
          }
        };
    int[] tokens = FakeEngine.prompt(2, 40);
    try (KvCache cache = Caches.ofChunks(Layouts.FULL, 10).hostMemory(broken).build()) {
      StoreReport report =
          cache.store(cache.keys(tokens), 40, new FakeEngine(cache.layout(), tokens).source());
      assertEquals(StoreOutcome.NO_ROOM, report.chunks().get(0));
      assertEquals(0, Caches.restore(cache, tokens));
    }
  }

  @Test
  void aLeaseThatOutlivesTheCacheKeepsItsMemory() {
    LimitedMemory memory = new LimitedMemory(64 << 20);
    int[] tokens = FakeEngine.prompt(3, 2 * Layouts.CHUNK + 1);
    KvCache cache = Caches.ofChunks(Layouts.FULL, 4).hostMemory(memory).build();
    Caches.fill(cache, tokens);
    PrefixLease lease = cache.acquire(cache.keys(tokens));
    cache.close();
    assertTrue(memory.allocatedBytes() > 0);
    lease.close();
    assertEquals(0, memory.allocatedBytes());
  }
}
