package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.Seeds;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Shortening a lease, which is how the ranks of an engine come to agree. */
class LeaseLimitTest {
  @TempDir Path directory;

  @Test
  void fallsToTheChunkBoundaryAtOrBelow() {
    int[] tokens = FakeEngine.prompt(1, 160);
    try (KvCache cache = Layouts.cache(Layouts.FULL).build()) {
      Caches.fill(cache, tokens);
      try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
        assertEquals(159, lease.limit(1000));
        assertEquals(159, lease.limit(159));
        assertEquals(ShortenedBy.NOTHING, lease.shortenedBy(), "nothing happened so far");
        assertEquals(144, lease.limit(158));
        assertEquals(ShortenedBy.LIMIT, lease.shortenedBy());
        assertEquals(144, lease.limit(144));
        assertEquals(128, lease.limit(143));
        assertEquals(128, lease.limit(500), "a lease never grows");
        assertEquals(8, lease.chunks());
        assertEquals(8, cache.stats().dram().pinnedImages());
        assertEquals(128, lease.restore(new FakeEngine(Layouts.FULL, tokens).verifier()));
        assertEquals(0, lease.limit(15));
        assertEquals(0, lease.restore(new FakeEngine(Layouts.FULL, tokens).verifier()));
        assertEquals(8, cache.stats().dram().pinnedImages(), "their rows were handed out");
      }
      assertEquals(0, cache.stats().dram().pinnedImages());
    }
  }

  @Test
  void fallsToABoundaryWhereAStateIs() {
    int[] tokens = FakeEngine.prompt(1, 165);
    try (KvCache cache = Layouts.cache(Layouts.HYBRID).stateEvery(4).build()) {
      Caches.fill(cache, tokens);
      FakeEngine engine = new FakeEngine(Layouts.HYBRID, tokens);
      try (PrefixLease lease = cache.acquire(cache.keys(tokens))) {
        assertEquals(160, lease.tokens());
        assertEquals(128, lease.limit(159));
        assertEquals(128, lease.restore(engine.verifier()));
        assertEquals(64, lease.limit(127));
        assertEquals(64, lease.restore(engine.verifier()));
        assertEquals(0, lease.limit(63));
      }
      assertEquals(0, cache.stats().dram().pinnedImages());
    }
  }

  @Test
  void refusesANegativeNumber() {
    try (KvCache cache = Layouts.cache(Layouts.FULL).build();
        PrefixLease lease = cache.acquire(cache.keys(new int[40]))) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> lease.limit(-1)).getMessage();
      assertEquals("limit(-1): 0 or more tokens", message);
    }
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.fixture.Caches#layouts")
  void ranksWithDifferentHolesAgreeAndRestoreTheSame(KvLayout layout) throws IOException {
    SplittableRandom random = Seeds.random("LeaseLimitTest");
    int agreedSomewhere = 0;
    for (int round = 0; round < 12; round++) {
      int[] tokens = FakeEngine.prompt(random.nextLong(), 150 + random.nextInt(40));
      Path root = directory.resolve("round" + round);
      try (DirectoryStore store = DirectoryStore.open(root)) {
        for (int rank = 0; rank < 3; rank++) {
          try (KvCache cache = rank(layout, store, rank)) {
            FakeEngine engine = new FakeEngine(layout, tokens, rank);
            cache.store(cache.keys(tokens), tokens.length, engine.source()).persisted().join();
          }
        }
        for (Path file : Caches.images(root)) {
          if (random.nextInt(40) == 0) {
            Files.delete(file);
          }
        }
      }
      try (DirectoryStore store = DirectoryStore.open(root);
          KvCache zero = rank(layout, store, 0);
          KvCache one = rank(layout, store, 1);
          KvCache two = rank(layout, store, 2);
          PrefixLease a = zero.acquire(zero.keys(tokens));
          PrefixLease b = one.acquire(one.keys(tokens));
          PrefixLease c = two.acquire(two.keys(tokens))) {
        PrefixLease[] leases = {a, b, c};
        for (PrefixLease lease : leases) {
          lease.awaitLoaded();
        }
        int agreed = agree(leases);
        for (int rank = 0; rank < 3; rank++) {
          FakeEngine engine = new FakeEngine(layout, tokens, rank);
          assertEquals(agreed, leases[rank].restore(engine.verifier()));
        }
        agreedSomewhere += agreed > 0 ? 1 : 0;
      }
    }
    assertTrue(agreedSomewhere > 0, "12 rounds in which nobody had anything");
  }

  private static KvCache rank(KvLayout layout, DirectoryStore store, int rank) {
    KvCacheBuilder builder = Layouts.cache(layout).store(store).shard(rank, 3);
    return (layout.hasState() ? builder.stateEvery(3) : builder).build();
  }

  /** What embedders do: smallest of all, limit, until nothing changes. */
  private static int agree(PrefixLease[] leases) {
    for (int turn = 0; turn < 20; turn++) {
      int least = Integer.MAX_VALUE;
      int most = 0;
      for (PrefixLease lease : leases) {
        least = Math.min(least, lease.awaitLoaded());
        most = Math.max(most, lease.tokens());
      }
      if (least == most) {
        return least;
      }
      for (PrefixLease lease : leases) {
        lease.limit(least);
      }
    }
    throw new AssertionError("no agreement after 20 turns");
  }
}
