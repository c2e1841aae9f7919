package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.spi.IoFault;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Trouble that may pass: a miss or a declined store with a counter, and the files stay. */
class StorageFaultTest extends FaultTestBase {
  @ParameterizedTest
  @EnumSource(
      value = IoFault.class,
      names = {"TRANSIENT", "READ_ONLY", "NO_SPACE", "EXISTS"})
  void aFileThatCannotBeReadIsAMissAndStaysAndIsReadLater(IoFault fault) throws Exception {
    assertStoredAndRestart();
    Path file = file(6);
    io.fail(Op.READ, file::equals, fault);
    assertRestored(6 * CHUNK, ShortenedBy.IO_ERROR);
    assertEquals(1, store.stats().readErrors());
    assertEquals(0, store.stats().corrupt());
    assertEquals(CHUNKS, StoreFiles.images(root).size());
    io.heal();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void aLoopOfSymbolicLinksIsAMissAndStays() throws Exception {
    assertStoredAndRestart();
    Path file = file(3);
    Files.delete(file);
    Files.createSymbolicLink(file, file);
    assertRestored(3 * CHUNK, ShortenedBy.IO_ERROR);
    assertTrue(Files.isSymbolicLink(file));
  }

  @Test
  void aDirectoryWithAFilesNameIsAMissAndStays() throws Exception {
    assertStoredAndRestart();
    Path file = file(3);
    Files.delete(file);
    Files.createDirectory(file);
    assertRestored(3 * CHUNK, ShortenedBy.IO_ERROR);
    assertTrue(Files.isDirectory(file));
  }

  @Test
  void aFileDeletedBetweenLookupAndReadIsAMissThatIsNotPromisedAgain() throws Exception {
    assertStoredAndRestart();
    Path file = file(6);
    io.before(Op.READ, file::equals, Files::delete);
    try (PrefixLease lease = cache.acquire(keys)) {
      assertEquals(ALL, lease.tokens());
      assertEquals(6 * CHUNK, lease.restore(engine.verifier()));
      assertEquals(ShortenedBy.MISS, lease.shortenedBy());
    }
    assertEquals(1, store.stats().missing());
    // The later chunks' files are seen to be there; the missing one is asked for and not read.
    Restored again = restore();
    assertTrue(again.tokens() <= 6 * CHUNK, again.toString());
    assertTrue(storeAll().complete());
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void aDirectoryRemovedAfterOpeningIsAMissAndIsMadeAgainByTheNextStore() throws Exception {
    assertStoredAndRestart();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
    assertRestored(0, ShortenedBy.MISS);
    assertTrue(storeAll().complete());
    restart();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void aStoreWhoseLookupsFailIsAMissAndComesBack() {
    assertStoredAndRestart();
    io.fail(Op.EXISTS, IoFault.TRANSIENT);
    assertRestored(0, ShortenedBy.MISS);
    assertEquals(0, cache.probe(keys));
    assertTrue(store.stats().readErrors() > 0);
    io.heal();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @ParameterizedTest
  @EnumSource(
      value = IoFault.class,
      names = {"TRANSIENT", "READ_ONLY", "MISSING"})
  void writesThatFailAreDeclinedMemoryServesAndTheNextStoreWritesThem(IoFault fault)
      throws Exception {
    restart();
    io.fail(Op.WRITE, fault);
    StoreReport report = cache.store(keys, tokens.length, engine.source());
    assertEquals(CHUNKS, report.staged());
    PersistReport persisted = report.persisted().join();
    StoreOutcome outcome =
        fault == IoFault.READ_ONLY ? StoreOutcome.READ_ONLY : StoreOutcome.IO_ERROR;
    assertFalse(persisted.complete());
    // After a few of them the filesystem is left alone.
    long failed = persisted.images().get(outcome);
    long spared = persisted.images().getOrDefault(StoreOutcome.TIER_DOWN, 0);
    assertTrue(failed >= 5, persisted.toString());
    assertEquals(CHUNKS, failed + spared);
    assertEquals(failed, store.stats().declined().get(outcome));
    assertEquals(1, store.stats().io().breakerTrips());
    assertEquals(List.of(), StoreFiles.images(root));
    assertEquals(List.of(), leftOvers());
    assertRestored(ALL, ShortenedBy.NOTHING);
    io.heal();
    storeUntilComplete();
    assertEquals("CLOSED", store.stats().io().writeBreaker());
    restart();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void aFullDiskDeclinesLeavesTheDiskAloneAndComesBackByItself() throws Exception {
    restart();
    io.fail(Op.WRITE, IoFault.NO_SPACE);
    assertEquals(CHUNKS, storeAll().images().get(StoreOutcome.NO_SPACE));
    assertEquals(List.of(), leftOvers());
    io.heal();
    io.forgetCalls();
    storeAll();
    assertEquals(0, io.count(Op.WRITE), "still backing off");
    storeUntilComplete();
    restart();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void everyNthWriteFailingLeavesWholeFilesOnly() throws Exception {
    for (int n = 1; n <= CHUNKS; n++) {
      restart();
      io.failNth(Op.WRITE, n, IoFault.TRANSIENT);
      io.failNth(Op.RENAME, n, IoFault.TRANSIENT);
      storeAll();
      assertEquals(List.of(), leftOvers());
      restart();
      restore(); // checks the bytes
      assertEquals(0, store.stats().corrupt());
      for (Path file : StoreFiles.images(root)) {
        Files.delete(file);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 9})
  void aHoleThatADeclinedWriteLeftIsFilledByTheNextStoreEvenWithoutARestoreBefore(int hole)
      throws Exception {
    restart();
    String name = keys.chunk(hole).hex();
    io.fail(Op.WRITE, path -> path.toString().contains(name), IoFault.TRANSIENT);
    assertFalse(storeAll().complete());
    restart();
    StoreReport report = cache.store(keys, tokens.length, engine.source());
    assertTrue(report.persisted().join().complete());
    restart();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void stampsThatFailCostNothing() {
    assertStoredAndRestart();
    io.fail(Op.TOUCH, IoFault.READ_ONLY);
    assertRestored(ALL, ShortenedBy.NOTHING);
    store.close();
    assertEquals(CHUNKS, store.stats().stampErrors());
    assertEquals(0, store.stats().stamps());
  }

  static Stream<Arguments> everyOpAndFault() {
    return Stream.of(Op.values())
        .flatMap(op -> Stream.of(IoFault.values()).map(fault -> Arguments.of(op, fault)));
  }

  @ParameterizedTest
  @MethodSource("everyOpAndFault")
  void noFaultOfAnyCallReachesTheEngineAndAllComesBackWithoutIt(Op op, IoFault fault) {
    assertStoredAndRestart();
    int[] more = FakeEngine.prompt(77, 3 * CHUNK);
    PromptKeys fresh = cache.keys(more);
    FakeEngine other = new FakeEngine(layout(), more);
    io.fail(op, fault);
    cache.probe(keys);
    restore();
    storeAll();
    cache.store(fresh, more.length, other.source()).persisted().join();
    try (PrefixLease lease = cache.acquire(fresh)) {
      lease.restore(other.verifier());
    }
    cache.flush();
    io.heal();
    restart();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @ParameterizedTest
  @EnumSource(Op.class)
  void whatNoChunkIoShouldThrowReachesNobodyEither(Op op) {
    assertStoredAndRestart();
    int[] more = FakeEngine.prompt(77, 3 * CHUNK);
    PromptKeys fresh = cache.keys(more);
    FakeEngine other = new FakeEngine(layout(), more);
    for (var thrown :
        List.<Function<String, Throwable>>of(
            IllegalStateException::new, NoClassDefFoundError::new, StackOverflowError::new)) {
      io.breakDown(op, thrown);
      cache.probe(keys);
      restore();
      cache.store(fresh, more.length, other.source()).persisted().join();
      cache.flush();
      io.heal();
    }
    restart();
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void anInterruptedRestoreTakesWhatIsThereAndDisturbsNobody() throws Exception {
    assertStoredAndRestart();
    Path hung = file(4);
    CompletableFuture<Restored> restored = new CompletableFuture<>();
    List<Boolean> flag = new ArrayList<>();
    Gate gate = new Gate();
    io.before(Op.READ, hung::equals, path -> gate.pass());
    Thread request =
        new Thread(
            () -> {
              try {
                restored.complete(restore());
                flag.add(Thread.currentThread().isInterrupted());
              } catch (Throwable e) {
                restored.completeExceptionally(e);
              }
            });
    request.start();
    gate.awaitEntered();
    request.interrupt();
    Restored shortened = restored.get(30, TimeUnit.SECONDS);
    request.join();
    assertEquals(List.of(true), flag, "the interrupt flag is still set");
    assertEquals(ShortenedBy.INTERRUPTED, shortened.why());
    assertTrue(shortened.tokens() <= 4 * CHUNK, shortened.toString());
    assertEquals(1, cache.stats().shortened().get(ShortenedBy.INTERRUPTED));

    // Another request wants the same chunk: it waits for the read that is still under way.
    CompletableFuture<Restored> other = new CompletableFuture<>();
    Thread next = new Thread(() -> other.complete(restore()));
    next.start();
    gate.release();
    assertEquals(new Restored(ALL, ShortenedBy.NOTHING), other.get(30, TimeUnit.SECONDS));
    next.join();
    assertFalse(gate.threadWasInterrupted(), "an I/O thread was interrupted");
    assertEquals(0, store.stats().readErrors());
  }

  @Test
  void aRequestThatIsInterruptedBeforeItAsksStillGetsAnswersAndKeepsItsFlag() {
    assertStoredAndRestart();
    Thread.currentThread().interrupt();
    Restored restored = restore();
    assertTrue(restored.tokens() <= ALL);
    cache.store(keys, tokens.length, engine.source());
    assertTrue(Thread.interrupted());
    assertRestored(ALL, ShortenedBy.NOTHING);
  }

  @Test
  void aStoreClosedUnderACacheIsDownAndMemoryStillServes() {
    assertStoredAndRestart();
    store.close();
    assertRestored(0, ShortenedBy.TIER_DOWN);
    PersistReport persisted = storeAll();
    assertEquals(CHUNKS, persisted.images().get(StoreOutcome.TIER_DOWN));
    assertRestored(ALL, ShortenedBy.NOTHING);
    cache.flush();
  }

  @Test
  void aCacheClosedWithAWriteHungReportsItOnceTheWriteEnds() throws Exception {
    restart();
    Gate gate = io.block(Op.WRITE);
    CompletableFuture<PersistReport> persisted =
        cache.store(keys, CHUNK, engine.source()).persisted();
    gate.awaitEntered();
    cache.close();
    assertNull(persisted.getNow(null));
    gate.release();
    assertTrue(persisted.get(30, TimeUnit.SECONDS).complete());
  }

  @Override
  DirectoryStore.Builder settings(DirectoryStore.Builder builder) {
    return builder.breakerWindow(Duration.ofNanos(1));
  }

  @Override
  KvCacheBuilder settings(KvCacheBuilder builder) {
    return builder.closeTimeout(Duration.ofMillis(200));
  }

  @Test
  void filesAreNotReadableByOthers() throws IOException {
    assertStoredAndRestart();
    for (Path file : StoreFiles.images(root)) {
      assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }
  }
}
