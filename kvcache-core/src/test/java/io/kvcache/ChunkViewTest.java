package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.FakeEngine.Call;
import io.kvcache.fixture.Layouts;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Chunks of a lease, in place. */
class ChunkViewTest {
  private final int[] tokens = FakeEngine.prompt(1, 100);
  private KvCache cache;

  private PrefixLease lease(KvLayout layout) {
    cache = Layouts.cache(layout).build();
    Caches.fill(cache, tokens);
    return cache.acquire(cache.keys(tokens));
  }

  @AfterEach
  void close() {
    cache.close();
    assertEquals(0, cache.stats().dram().usedBytes());
  }

  /** Where a buffer's memory begins, but for multiples of 1 GiB. */
  private static int address(ByteBuffer buffer) {
    return buffer.alignmentOffset(0, 1 << 30);
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.fixture.Caches#layouts")
  void viewsShowWhatRestoreDeliversWithoutACopy(KvLayout layout) {
    FakeEngine engine = new FakeEngine(layout, tokens);
    Map<Call, Integer> delivered = new HashMap<>();
    try (PrefixLease lease = lease(layout)) {
      lease.restore(
          (layer, part, from, count, rows) -> {
            assertEquals(0, rows.position());
            assertEquals(rows.capacity(), rows.limit());
            delivered.put(new Call(layer, part, from, count), address(rows));
          });
      delivered.forEach(
          (call, address) -> {
            ChunkView chunk = lease.chunk(call.from() / Layouts.CHUNK);
            ByteBuffer rows = chunk.rows(call.layer(), call.part());
            assertEquals(call.from(), chunk.from());
            assertEquals(call.count(), chunk.count());
            assertEquals(Tier.DRAM, chunk.tier());
            assertTrue(rows.isReadOnly());
            assertTrue(rows.isDirect());
            assertEquals(ByteOrder.LITTLE_ENDIAN, rows.order());
            assertEquals(address, address(rows), "the very bytes that restore handed out");
            engine.check(call, rows);
          });
    }
  }

  @Test
  void twoLeasesOfOnePromptSeeTheSameMemory() {
    try (PrefixLease one = lease(Layouts.FULL);
        PrefixLease two = cache.acquire(cache.keys(tokens))) {
      assertEquals(address(one.chunk(3).rows(0, 1)), address(two.chunk(3).rows(0, 1)));
      assertNotEquals(address(one.chunk(3).rows(0, 1)), address(two.chunk(2).rows(0, 1)));
    }
  }

  @Test
  void viewsCarryTheChunksKeys() {
    try (PrefixLease lease = lease(Layouts.FULL)) {
      PromptKeys keys = cache.keys(tokens);
      for (int i = 0; i < 6; i++) {
        assertEquals(keys.chunk(i), lease.chunk(i).key());
      }
    }
  }

  @Test
  void rowsThatTheCutDoesNotNeedAreRefusedWithTheReason() {
    try (PrefixLease lease = lease(Layouts.HYBRID)) {
      String window =
          assertThrows(IllegalStateException.class, () -> lease.chunk(0).rows(0, 0)).getMessage();
      assertEquals("a cut at 96 tokens needs no window rows of chunk 0", window);
      String state =
          assertThrows(IllegalStateException.class, () -> lease.chunk(4).rows(1, 0)).getMessage();
      assertEquals("a cut at 96 tokens needs no state rows of chunk 4", state);
    }
  }

  @Test
  void aViewOfAChunkThatWasGivenUpIsRefused() {
    try (PrefixLease lease = lease(Layouts.FULL)) {
      ChunkView chunk = lease.chunk(5);
      lease.limit(40);
      String message =
          assertThrows(IllegalStateException.class, () -> chunk.rows(0, 0)).getMessage();
      assertTrue(message.contains("32 tokens") && message.contains("chunk 5"), message);
      String index =
          assertThrows(IndexOutOfBoundsException.class, () -> lease.chunk(2)).getMessage();
      assertTrue(index.contains("chunk 2") && index.contains("2 chunks"), index);
    }
  }

  @Test
  void rowsStayAsTheyAreUntilCloseAlsoWhereALimitGaveTheirChunkUp() {
    cache = Caches.ofChunks(Layouts.FULL, 6).build();
    Caches.fill(cache, tokens);
    try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
      ByteBuffer view = lease.chunk(5).rows(1, 1);
      ByteBuffer[] given = new ByteBuffer[1];
      lease.restore(
          (layer, part, from, count, rows) ->
              given[0] = from == 4 * Layouts.CHUNK ? rows : given[0]);
      assertEquals(16, lease.limit(16));
      // Wants all the room there is.
      Caches.fill(cache, FakeEngine.prompt(2, 100));
      FakeEngine engine = new FakeEngine(Layouts.FULL, tokens);
      engine.check(new Call(1, 1, 5 * Layouts.CHUNK, Layouts.CHUNK), view);
      engine.check(new Call(1, 1, 4 * Layouts.CHUNK, Layouts.CHUNK), given[0]);
    }
    assertEquals(0, cache.stats().dram().pinnedImages());
  }

  @Test
  void layersAndPartsOutsideTheLayoutAreRefused() {
    try (PrefixLease lease = lease(Layouts.WINDOW)) {
      ChunkView chunk = lease.chunk(5);
      for (int[] wrong : new int[][] {{7, 0}, {-1, 0}, {0, 2}, {0, -1}}) {
        String message =
            assertThrows(IllegalArgumentException.class, () -> chunk.rows(wrong[0], wrong[1]))
                .getMessage();
        int named = wrong[0] == 0 ? wrong[1] : wrong[0];
        assertTrue(message.contains(" " + named + " "), message);
      }
      for (int wrong : new int[] {-1, 6, Integer.MAX_VALUE}) {
        String message =
            assertThrows(IndexOutOfBoundsException.class, () -> lease.chunk(wrong)).getMessage();
        assertTrue(message.contains("chunk " + wrong + " of a lease of 6 chunks"), message);
      }
    }
  }
}
