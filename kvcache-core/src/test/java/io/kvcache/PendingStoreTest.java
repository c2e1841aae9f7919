package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.store.DirectoryStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Stores that an engine fills in its own time. */
class PendingStoreTest {
  @TempDir Path directory;

  private final int[] tokens = FakeEngine.prompt(1, 165);
  private DirectoryStore store;

  @BeforeEach
  void open() {
    store = DirectoryStore.open(directory);
  }

  @AfterEach
  void close() {
    store.close();
  }

  /** Fills what is wanted of the layers that the predicate lets through; returns the parts. */
  private int fill(PendingStore pending, KvLayout layout, IntPredicate layers) {
    KvSource source = new FakeEngine(layout, tokens).source();
    int parts = 0;
    List<Runnable> copies = new ArrayList<>();
    for (int chunk = 0; chunk < pending.chunks(); chunk++) {
      for (LayoutGroup group : layout.groups()) {
        for (int l = 0; l < group.layerCount(); l++) {
          int layer = group.layer(l);
          for (int part = 0; part < group.parts().size() && layers.test(layer); part++) {
            if (pending.wants(chunk, layer)) {
              ByteBuffer rows = pending.rows(chunk, layer, part);
              int from = chunk * Layouts.CHUNK;
              int p = part;
              copies.add(() -> source.read(layer, p, from, Layouts.CHUNK, rows));
              parts++;
            }
          }
        }
      }
    }
    Collections.reverse(copies);
    copies.forEach(Runnable::run);
    return parts;
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.fixture.Caches#layouts")
  void whatIsFilledInAnyOrderIsFoundOnceItIsCommitted(KvLayout layout) {
    KvCache cache = Layouts.cache(layout).store(store).build();
    PromptKeys keys = cache.keys(tokens);
    StoreReport report;
    try (PendingStore pending = cache.beginStore(keys, tokens.length)) {
      fill(pending, layout, layer -> true);
      assertEquals(0, cache.probe(keys), "not before");
      report = pending.commit();
    }
    assertEquals(10, report.staged());
    assertTrue(report.persisted().join().complete());
    assertEquals(160, Caches.restore(cache, tokens));
    Caches.end(cache);
    KvCache again = Layouts.cache(layout).store(store).build();
    assertEquals(160, Caches.restore(again, tokens));
    try (PendingStore nothingNew = again.beginStore(again.keys(tokens), tokens.length)) {
      assertEquals(0, fill(nothingNew, layout, layer -> true));
      assertEquals(10, nothingNew.commit().alreadyPresent());
    }
    Caches.end(again);
  }

  @Test
  void whatIsNotCommittedLeavesNothingBehind() {
    KvCache cache = Layouts.cache(Layouts.HYBRID).store(store).build();
    PendingStore pending = cache.beginStore(cache.keys(tokens), tokens.length);
    fill(pending, Layouts.HYBRID, layer -> true);
    assertEquals(1, cache.stats().openStores());
    assertTrue(cache.stats().dram().usedBytes() > 0);
    pending.close();
    pending.close();
    assertEquals(0, cache.stats().openStores());
    assertEquals(0, cache.stats().dram().usedBytes());
    assertEquals(0, cache.probe(cache.keys(tokens)));
    Caches.end(cache);
  }

  @Test
  void committingTwiceAndUseAfterTheEndAreRefused() {
    KvCache cache = Layouts.cache(Layouts.FULL).build();
    PendingStore pending = cache.beginStore(cache.keys(tokens), tokens.length);
    pending.commit();
    assertEquals("the store was committed: begin another one", refused(pending::commit));
    assertEquals(
        "the store was committed: begin another one", refused(() -> pending.rows(0, 0, 0)));
    pending.close();
    PendingStore other = cache.beginStore(cache.keys(tokens), tokens.length);
    other.close();
    assertEquals("the store was closed: begin another one", refused(other::commit));
    assertEquals("the store was closed: begin another one", refused(() -> other.wants(0, 0)));
    Caches.end(cache);
  }

  private static String refused(Executable call) {
    return assertThrows(IllegalStateException.class, call).getMessage();
  }

  @Test
  void rowsOfNothingAreRefused() {
    KvCache cache = Layouts.cache(Layouts.FULL).build();
    Caches.fill(cache, tokens);
    try (PendingStore pending = cache.beginStore(cache.keys(tokens), tokens.length)) {
      assertFalse(pending.wants(3, 1));
      assertEquals(
          "no slot waits for layer 1 of chunk 3: ask wants(...) first",
          refused(() -> pending.rows(3, 1, 0)));
      assertThrows(IndexOutOfBoundsException.class, () -> pending.wants(10, 0));
      assertThrows(IndexOutOfBoundsException.class, () -> pending.rows(-1, 0, 0));
      assertThrows(IllegalArgumentException.class, () -> pending.rows(0, 0, 2));
    }
    assertThrows(IllegalArgumentException.class, () -> cache.beginStore(cache.keys(tokens), 166));
    Caches.end(cache);
  }

  @Test
  void windowsAndStatesThatAreNotAskedForAreLeftOut() {
    KvCache cache = Layouts.cache(Layouts.HYBRID).store(store).build();
    try (PendingStore pending = cache.beginStore(cache.keys(tokens), tokens.length)) {
      fill(pending, Layouts.HYBRID, layer -> layer == 3);
      StoreReport report = pending.commit();
      assertEquals(10, report.staged());
      assertEquals(10, report.persisted().join().images().get(StoreOutcome.WRITTEN));
    }
    assertEquals(0, Caches.restore(cache, tokens), "no state to go on from");
    Caches.end(cache);
  }

  @Test
  void withoutAPartOfItsFullRowsTheStoreEndsBeforeThatChunk() {
    KvCache cache = Layouts.cache(Layouts.FULL).build();
    KvSource source = new FakeEngine(Layouts.FULL, tokens).source();
    try (PendingStore pending = cache.beginStore(cache.keys(tokens), tokens.length)) {
      for (int chunk = 0; chunk < 10; chunk++) {
        for (int layer = 0; layer < 2; layer++) {
          for (int part = 0; part < 2; part++) {
            if (chunk != 4 || layer != 1 || part != 1) {
              ByteBuffer rows = pending.rows(chunk, layer, part);
              source.read(layer, part, chunk * Layouts.CHUNK, Layouts.CHUNK, rows);
            }
          }
        }
      }
      StoreReport report = pending.commit();
      assertEquals(4, report.staged());
      assertEquals(
          Collections.nCopies(6, StoreOutcome.NOT_IN_SOURCE), report.chunks().subList(4, 10));
    }
    assertEquals(64, Caches.restore(cache, tokens));
    Caches.end(cache);
  }

  @Test
  void whereTheRoomEndsTheRestIsDeclinedAtOnce() {
    KvCache cache = Caches.ofChunks(Layouts.FULL, 6).store(store).build();
    try (PendingStore pending = cache.beginStore(cache.keys(tokens), tokens.length);
        PendingStore noRoom = cache.beginStore(cache.keys(FakeEngine.prompt(2, 32)), 32)) {
      assertTrue(pending.wants(5, 0));
      assertFalse(pending.wants(6, 0));
      assertFalse(noRoom.wants(0, 0));
      fill(pending, Layouts.FULL, layer -> true);
      StoreReport report = pending.commit();
      assertEquals(6, report.staged());
      assertEquals(Collections.nCopies(4, StoreOutcome.NO_ROOM), report.chunks().subList(6, 10));
      assertEquals(Collections.nCopies(2, StoreOutcome.NO_ROOM), noRoom.commit().chunks());
      report.persisted().join();
    }
    assertEquals(96, Caches.restore(cache, tokens));
    Caches.end(cache);
  }

  @Test
  void twoThatFillTheSamePromptKeepOneCopy() {
    KvCache cache = Layouts.cache(Layouts.FULL).build();
    try (PendingStore a = cache.beginStore(cache.keys(tokens), tokens.length);
        PendingStore b = cache.beginStore(cache.keys(tokens), tokens.length)) {
      fill(a, Layouts.FULL, layer -> true);
      fill(b, Layouts.FULL, layer -> true);
      a.commit();
      b.commit();
    }
    assertEquals(10, cache.stats().dram().images());
    assertEquals(160, Caches.restore(cache, tokens));
    Caches.end(cache);
  }
}
