package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Await;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.spi.IoFault;
import io.kvcache.store.DirectoryStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Removing a tenant's chunks for real. */
class PurgeTest extends FaultTestBase {
  private static final KvScope TENANT = KvScope.of("tenant");
  private static final KvScope OTHER = KvScope.of("other");

  private PersistReport storeAs(KvCache where, KvScope scope) {
    FakeEngine own = new FakeEngine(where.layout(), tokens);
    return where.store(where.keys(tokens, scope), tokens.length, own.source()).persisted().join();
  }

  private int found(KvScope scope) {
    return cache.probe(cache.keys(tokens, scope));
  }

  @Test
  void onlyTheTenantsChunksGoFromMemoryAndStore() throws Exception {
    restart();
    for (KvScope scope : List.of(TENANT, OTHER, KvScope.NONE)) {
      assertTrue(storeAs(cache, scope).complete());
    }
    assertTrue(
        storeAs(cache, KvScope.builder().salt("tenant").lora("sql", "1").build()).complete());
    long bytes = Files.size(StoreFiles.images(root).get(0));
    PurgeReport report = cache.purge(TENANT);
    assertEquals(new PurgeReport(2 * CHUNKS, 2 * CHUNKS, 2 * CHUNKS * bytes, 0), report);
    assertTrue(report.complete());
    assertEquals(0, found(TENANT));
    assertEquals(ALL, found(OTHER));
    assertEquals(ALL, found(KvScope.NONE));
    assertEquals(2 * CHUNKS, StoreFiles.images(root).size());
    restart();
    assertEquals(0, found(TENANT));
    assertEquals(ALL, found(OTHER));
  }

  @Test
  void theTenantsChunksOfOtherModelsRanksAndLayoutsGoToo() throws Exception {
    restart();
    List<KvCacheBuilder> others =
        List.of(
            Layouts.cache(Layouts.HYBRID).store(store),
            Layouts.cache(Layouts.FULL).shard(1, 2).store(store),
            KvCache.builder()
                .model(ModelFingerprint.of("another", "12".repeat(32), "34".repeat(32)))
                .layout(
                    KvLayout.attention(200, 1, 8, ElementType.BF16).toBuilder()
                        .blockTokens(4)
                        .chunkTokens(16)
                        .build())
                .dram(64 << 20)
                .store(store));
    List<Path> ofOthers = new ArrayList<>();
    for (KvCacheBuilder settings : others) {
      try (KvCache other = settings.build()) {
        List<Path> before = StoreFiles.images(root);
        assertTrue(storeAs(other, OTHER).complete());
        List<Path> now = new ArrayList<>(StoreFiles.images(root));
        now.removeAll(before);
        ofOthers.addAll(now);
        assertTrue(storeAs(other, TENANT).complete());
      }
    }
    List<Path> before = StoreFiles.images(root);
    PurgeReport report = cache.purge(TENANT);
    assertEquals(0, report.memoryImages());
    assertEquals(ofOthers.size(), report.storeImages());
    assertEquals(before.size() - ofOthers.size(), ofOthers.size());
    assertEquals(ofOthers.stream().sorted().toList(), StoreFiles.images(root));
  }

  @Test
  void aWriteThatIsUnderWayIsWaitedForAndGoesToo() throws Exception {
    restart();
    assertTrue(storeAs(cache, OTHER).complete());
    Gate gate = io.block(Op.RENAME);
    CompletableFuture<PersistReport> writing =
        CompletableFuture.supplyAsync(() -> storeAs(cache, TENANT));
    gate.awaitEntered();
    CompletableFuture<PurgeReport> purge = CompletableFuture.supplyAsync(() -> cache.purge(TENANT));
    assertFalse(purge.isDone());
    gate.release();
    writing.join();
    assertTrue(purge.join().complete());
    // The store call may have gone on behind the purge's back; after it, one finds the rest.
    cache.purge(TENANT);
    assertEquals(0, found(TENANT));
    assertEquals(CHUNKS, StoreFiles.images(root).size());
    assertEquals(List.of(), leftOvers());
  }

  @Test
  void whatAnotherProcessIsWritingIsTakenFromItsHands() throws Exception {
    restart();
    assertTrue(storeAs(cache, TENANT).complete());
    Path image = StoreFiles.images(root).get(0);
    Path temporary = image.resolveSibling("." + image.getFileName() + ".aBcdefgh");
    Path torn = image.resolveSibling("." + image.getFileName() + ".zZzzzzzz");
    Files.copy(image, temporary);
    Files.write(torn, new byte[100]);
    assertEquals(CHUNKS + 1, cache.purge(TENANT).storeImages());
    assertEquals(List.of(torn), leftOvers(), "nobody can say whose that is yet");
  }

  @Test
  void aFileThatCannotBeReadOrRemovedIsSaidToBeLeft() throws Exception {
    restart();
    assertTrue(storeAs(cache, TENANT).complete());
    List<Path> files = StoreFiles.images(root);
    io.fail(Op.READ, files.get(0)::equals, IoFault.TRANSIENT);
    io.fail(Op.DELETE, files.get(1)::equals, IoFault.TRANSIENT);
    io.fail(Op.LIST, files.get(2).getParent()::equals, IoFault.TRANSIENT);
    PurgeReport report = cache.purge(TENANT);
    assertEquals(CHUNKS - 3, report.storeImages());
    assertEquals(3, report.failed());
    assertFalse(report.complete());
    io.heal();
    assertEquals(new PurgeReport(0, 3, 3 * Files.size(files.get(0)), 0), cache.purge(TENANT));
  }

  @Test
  void aDamagedHeaderIsNotTrustedAndTheFileGoesAsCorruptAndAnUnknownVersionStays()
      throws Exception {
    restart();
    assertTrue(storeAs(cache, OTHER).complete());
    List<Path> files = StoreFiles.images(root);
    StoreFiles.flip(files.get(0), 170);
    StoreFiles.truncate(files.get(1), 100);
    StoreFiles.forge(files.get(2), header -> header.putShort(8, (short) 2));
    assertEquals(new PurgeReport(0, 0, 0, 1), cache.purge(TENANT));
    assertEquals(2, store.stats().corrupt());
    assertEquals(files.subList(2, CHUNKS), StoreFiles.images(root));
  }

  @Test
  void aScopeWithoutASaltIsRefused() {
    restart();
    for (KvScope nobody : List.of(KvScope.NONE, KvScope.builder().lora("sql", "1").build())) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> cache.purge(nobody)).getMessage();
      assertTrue(message.contains("salt"), message);
      assertThrows(IllegalArgumentException.class, () -> store.purge(nobody));
    }
    store.close();
    assertThrows(IllegalStateException.class, () -> store.purge(TENANT));
  }

  @Test
  void aCacheWithoutAStorePurgesItsMemory() {
    restart();
    try (KvCache memory = Layouts.cache(Layouts.HYBRID).build()) {
      storeAs(memory, TENANT);
      PurgeReport report = memory.purge(TENANT);
      assertTrue(report.memoryImages() >= CHUNKS);
      assertEquals(0, report.storeImages());
      assertEquals(0, memory.probe(memory.keys(tokens, TENANT)));
    }
  }

  @Test
  void nothingIsRemovedOnceTheStoreCloses() throws Exception {
    restart();
    assertTrue(storeAs(cache, TENANT).complete());
    DirectoryStore slow = DirectoryStore.builder(root).io(io.factory()).unlinkRate(10).open();
    Gate gate = io.block(Op.DELETE, file -> file.toString().endsWith(".g0"));
    CompletableFuture<PurgeReport> running =
        CompletableFuture.supplyAsync(() -> slow.purge(TENANT));
    gate.awaitEntered();
    CompletableFuture<Void> closing = CompletableFuture.runAsync(slow::close);
    Await.until(slow::isClosed);
    gate.release();
    closing.join();
    PurgeReport report = running.join();
    assertEquals(1, report.storeImages());
    assertFalse(report.complete());
    assertEquals(CHUNKS - 1, StoreFiles.images(root).size());
  }
}
