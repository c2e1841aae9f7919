package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvcache.KvCache;
import io.kvcache.KvScope;
import io.kvcache.PrefixLease;
import io.kvcache.PromptKeys;
import io.kvcache.ShortenedBy;
import io.kvcache.StoreOutcome;
import io.kvcache.StoreReport;
import io.kvcache.fixture.Await;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.lustre.FaultyPosixIo.Call;
import io.kvcache.store.ChunkDirectory;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.EvictionReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a request sees of each trouble that a kernel can make: a miss or a decline, no more. */
@Timeout(60)
class NativeStoreFaultTest {
  private static final int CHUNKS = 4;
  private static final int TOKENS = CHUNKS * Layouts.CHUNK;

  @TempDir Path root;
  private FaultyPosixIo posix;
  private DirectoryStore store;
  private KvCache cache;
  private final int[] prompt = FakeEngine.prompt(3, TOKENS + 1);

  @BeforeEach
  void open() {
    posix = FaultyPosixIo.real();
    reopen(Duration.ofSeconds(10));
  }

  private void reopen(Duration ioTimeout) {
    if (store != null) {
      closeAll();
    }
    NativeIoOptions pieces = NativeIoOptions.builder().pieceBytes(4096).build();
    store =
        DirectoryStore.builder(root)
            .io(directory -> NativeChunkIoTest.open(posix, directory, pieces))
            .workers(4)
            .ioTimeout(ioTimeout)
            .open();
    assumeTrue(store.mode().direct(), () -> root + ": " + store.mode());
    cache = Caches.ofChunks(Layouts.FULL, 2 * CHUNKS).store(store).build();
  }

  @AfterEach
  void everythingIsGivenBack() {
    posix.heal();
    closeAll();
    assertEquals(0, posix.openDescriptors());
  }

  private void closeAll() {
    cache.close();
    store.close();
  }

  private StoreReport compute() {
    return cache.store(cache.keys(prompt), TOKENS, new FakeEngine(Layouts.FULL, prompt).source());
  }

  private Map<StoreOutcome, Integer> persist() {
    StoreReport report = compute();
    return report.persisted().join().images();
  }

  /** Everything is in files, and this cache holds nothing. */
  private void fillFiles() {
    assertEquals(Map.of(StoreOutcome.WRITTEN, CHUNKS), persist());
    cache.close();
    cache = Caches.ofChunks(Layouts.FULL, 2 * CHUNKS).store(store).build();
  }

  private PromptKeys keys() {
    return cache.keys(prompt);
  }

  private ShortenedBy shortenedBy(int tokens) {
    try (PrefixLease lease = cache.acquire(keys())) {
      assertEquals(
          tokens, lease.restore(new FakeEngine(Layouts.FULL, prompt).verifier()), lease.toString());
      return lease.shortenedBy();
    }
  }

  private void assertNothingUnfinished() throws Exception {
    assertEquals(List.of(), StoreFiles.leftOvers(root));
    assertEquals(0, store.stats().temporariesLeft());
  }

  @Test
  void aDiskThatFillsInTheMiddleOfAnImageDeclinesItAndLeavesNothing() throws Exception {
    posix.failNth(Call.PWRITE, 3, Errno.ENOSPC);
    Map<StoreOutcome, Integer> images = persist();
    assertTrue(images.get(StoreOutcome.NO_SPACE) >= 1, images.toString());
    assertNothingUnfinished();
  }

  @Test
  void aQuotaThatIsUsedUpDeclinesImagesAndIsTriedAgainLater() throws Exception {
    posix.fail(Call.PWRITE, Errno.EDQUOT);
    assertEquals(Map.of(StoreOutcome.NO_SPACE, CHUNKS), persist());
    assertNothingUnfinished();
    assertEquals(List.of(), StoreFiles.images(root));
  }

  @Test
  void anErrorInTheMiddleOfAnImageDeclinesItAndLeavesNothing() throws Exception {
    posix.failNth(Call.PWRITE, 2, Errno.EIO);
    Map<StoreOutcome, Integer> images = persist();
    assertEquals(1, images.get(StoreOutcome.IO_ERROR), images.toString());
    assertNothingUnfinished();
    assertEquals(CHUNKS - 1, StoreFiles.images(root).size());
  }

  @Test
  void aShortWriteInTheMiddleOfAnImageDeclinesItAndLeavesNothing() throws Exception {
    posix.cutNth(Call.PWRITE, 2, 1000);
    Map<StoreOutcome, Integer> images = persist();
    assertEquals(1, images.get(StoreOutcome.IO_ERROR), images.toString());
    assertNothingUnfinished();
  }

  @Test
  void aCloseThatReportsLostBytesPublishesNothing() throws Exception {
    // Closes of the probe are over; each image is closed once.
    posix.failNth(Call.CLOSE, 1, Errno.EIO);
    Map<StoreOutcome, Integer> images = persist();
    assertEquals(1, images.get(StoreOutcome.IO_ERROR), images.toString());
    assertEquals(CHUNKS - 1, StoreFiles.images(root).size());
    assertNothingUnfinished();
  }

  @Test
  void aRenameThatFailsOrWouldCrossServersPublishesNothing() throws Exception {
    posix.failNth(Call.RENAME, 1, Errno.EXDEV);
    posix.failNth(Call.RENAME, 2, Errno.EIO);
    Map<StoreOutcome, Integer> images = persist();
    assertEquals(2, images.get(StoreOutcome.IO_ERROR), images.toString());
    assertEquals(CHUNKS - 2, StoreFiles.images(root).size());
    assertNothingUnfinished();
  }

  @Test
  void writesThatAreSuddenlyInvalidGoThroughThePageCacheAndHealthSaysSo() throws Exception {
    posix.failDirect(Call.PWRITE, Errno.EINVAL);
    assertEquals(Map.of(StoreOutcome.WRITTEN, CHUNKS), persist());
    assertEquals("BUFFERED", store.stats().mode());
    assertTrue(store.stats().modeReason().contains("EINVAL"), store.stats().modeReason());
    assertEquals(CHUNKS, StoreFiles.images(root).size());
    assertNothingUnfinished();
  }

  @Test
  void oneWriteThatIsInvalidGoesThroughThePageCacheAlone() throws Exception {
    posix.failNth(Call.PWRITE, 1, Errno.EINVAL);
    assertEquals(Map.of(StoreOutcome.WRITTEN, CHUNKS), persist());
    assertEquals("DIRECT", store.stats().mode());
    assertEquals(CHUNKS, StoreFiles.images(root).size());
    assertNothingUnfinished();
  }

  @Test
  void layoutsThatAreLessAlignedThanTheOptionsSayAreNotCalledDirect() {
    closeAll();
    NativeIoOptions wide = NativeIoOptions.builder().alignment(65536).imageAlignment(65536).build();
    store =
        DirectoryStore.builder(root)
            .io(directory -> NativeChunkIoTest.open(posix, directory, wide))
            .open();
    cache = Caches.ofChunks(Layouts.FULL, 2 * CHUNKS).store(store).build();
    assumeTrue(store.mode().direct(), () -> root + ": " + store.mode());
    assertEquals(Map.of(StoreOutcome.WRITTEN, CHUNKS), persist());
    assertEquals("BUFFERED", store.stats().mode());
    assertTrue(
        store.stats().modeReason().contains("use layouts with alignment(65536)"),
        store.stats().modeReason());
  }

  @Test
  void aReadThatEndsTooEarlyRemovesNoGoodFile() throws Exception {
    fillFiles();
    posix.cut(Call.PREAD, 512);
    assertEquals(ShortenedBy.IO_ERROR, shortenedBy(0));
    assertEquals(CHUNKS, StoreFiles.images(root).size());
    assertEquals(0, store.stats().corrupt());
    posix.heal();
    Await.until(() -> restored() == TOKENS);
  }

  @Test
  void usageIsNoSmallerForFilesThatCannotBeAsked() throws Exception {
    fillFiles();
    long image = Caches.namespace(Layouts.FULL).image(0).imageBytes();
    Path second = StoreFiles.image(root, keys(), 1, 0);
    posix.fail(Call.STATX, path -> path.equals(second.getFileName().toString()), Errno.EIO);
    EvictionReport report = store.evict(100 * image, 0.9, 0.5, true);
    assertEquals(CHUNKS - 1, report.scanned());
    assertEquals(1, report.failed(), report.toString());
    assertEquals(0, report.foreign(), report.toString());
    // An average directory's bytes are added for the one that failed.
    assertTrue(report.usageBefore() > (CHUNKS - 1) * image, report.toString());
  }

  @Test
  void aFileThatGoesBetweenTheQuestionAndTheReadIsAMiss() throws Exception {
    fillFiles();
    Path second = StoreFiles.image(root, keys(), 1, 0);
    posix.fail(Call.OPEN, path -> path.equals(second.toString()), Errno.ENOENT);
    assertEquals(ShortenedBy.MISS, shortenedBy(Layouts.CHUNK));
    posix.heal();
    assertEquals(ShortenedBy.NOTHING, shortenedBy(TOKENS));
  }

  @Test
  void tooManyOpenFilesAreAMissAndLeaveTheFile() throws Exception {
    fillFiles();
    Path second = StoreFiles.image(root, keys(), 1, 0);
    posix.fail(Call.OPEN, path -> path.equals(second.toString()), Errno.EMFILE);
    assertEquals(ShortenedBy.IO_ERROR, shortenedBy(Layouts.CHUNK));
    assertTrue(Files.exists(second));
    assertEquals(0, store.stats().corrupt());
  }

  @Test
  void aSymbolicLinkAtAChunksPathIsRefusedAndLeft() throws Exception {
    fillFiles();
    Path second = StoreFiles.image(root, keys(), 1, 0);
    Path elsewhere = Files.move(second, root.resolve("elsewhere"));
    Files.createSymbolicLink(second, elsewhere);
    // The lookup sees that it is no file; to the end of the prompt it is believed to be there.
    assertEquals(Layouts.CHUNK, restored());
    assertTrue(Files.isSymbolicLink(second));
    assertTrue(Files.exists(elsewhere));
  }

  private int restored() {
    try (PrefixLease lease = cache.acquire(keys())) {
      return lease.restore(new FakeEngine(Layouts.FULL, prompt).verifier());
    }
  }

  @Test
  void aReadThatNeverReturnsIsGivenUpAndItsBufferStaysWithIt() throws Exception {
    fillFiles();
    reopen(Duration.ofMillis(200));
    Gate gate = posix.hangNth(Call.PREAD, 1);
    int tokens = restored();
    assertTrue(tokens < TOKENS, "the image that hangs ends the prefix: " + tokens);
    assertTrue(store.stats().io().abandoned() >= 1);
    Await.until(() -> cache.stats().dram().pinnedImages() == 1);
    assertEquals(1, posix.openDescriptors(), "the descriptor stays with the call");
    gate.release();
    Await.until(() -> cache.stats().dram().pinnedImages() == 0);
    Await.until(() -> posix.openDescriptors() == 0);
    assertFalse(gate.threadWasInterrupted());
    Await.until(() -> restored() == TOKENS);
  }

  @Test
  void shortReadsAndInterruptionsAreNobodysTrouble() {
    fillFiles();
    posix.cutNth(Call.PREAD, 1, 4096);
    posix.failNth(Call.PREAD, 2, Errno.EINTR);
    posix.failNth(Call.PREAD, 4, Errno.EIO);
    assertEquals(ShortenedBy.NOTHING, shortenedBy(TOKENS));
    assertEquals(0, store.stats().readErrors());
  }

  @Test
  void aFileThatStaysUnreadableIsAMissAndLeftAlone() throws Exception {
    fillFiles();
    posix.fail(Call.PREAD, Errno.EIO);
    assertEquals(ShortenedBy.IO_ERROR, shortenedBy(0));
    assertEquals(CHUNKS, StoreFiles.images(root).size());
  }

  @Test
  void inSomebodyElsesDirectoryReadsGoOnAndStampsAndWritesAreRefused() throws Exception {
    fillFiles();
    for (Path image : StoreFiles.images(root)) {
      Files.setLastModifiedTime(image, FileTime.from(Instant.EPOCH));
    }
    reopen(Duration.ofSeconds(10));
    posix.fail(Call.TOUCH, Errno.EPERM);
    posix.fail(Call.PWRITE, Errno.EACCES);
    posix.fail(Call.OPEN, path -> path.contains("/."), Errno.EACCES);
    assertEquals(ShortenedBy.NOTHING, shortenedBy(TOKENS));
    Await.until(() -> store.stats().stampErrors() > 0);
    int[] other = FakeEngine.prompt(99, Layouts.CHUNK + 1);
    FakeEngine engine = new FakeEngine(Layouts.FULL, other);
    assertEquals(
        Map.of(StoreOutcome.READ_ONLY, 1),
        cache.store(cache.keys(other), Layouts.CHUNK, engine.source()).persisted().join().images());
  }

  private static final Duration HOUR = Duration.ofHours(1);

  /** A file that an owner has not published, last written so long ago. */
  private Path unfinished(String owner, Duration ago) throws Exception {
    Path shard = Files.createDirectories(root.resolve("m_0123456789ab_r0/abc"));
    Path file = shard.resolve("." + "abc" + "0".repeat(61) + "-0.g0." + owner);
    return age(Files.write(file, new byte[4096]), ago);
  }

  private static Path age(Path file, Duration ago) throws Exception {
    return Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(ago)));
  }

  private List<Path> owners() throws Exception {
    try (Stream<Path> all = Files.list(root.resolve(".owners"))) {
      return all.toList();
    }
  }

  /** One of another node, of whom nothing but that file is to be seen; renewed so long ago. */
  private String elsewhere(String token, Duration ago) throws Exception {
    Path file = root.resolve(".owners").resolve(token);
    Files.writeString(file, "{\"boot_id\":\"x\",\"host\":\"x\",\"pid\":1,\"pid_ns\":\"x\"}");
    age(file, ago);
    return token;
  }

  @ParameterizedTest
  @ValueSource(ints = {300, -300})
  void aClockThatIsFiveMinutesAheadOrBehindRemovesNoFileOfALivingOwner(int skew) throws Exception {
    posix.skew(skew);
    try (DirectoryStore other = DirectoryStore.open(root)) {
      List<Path> here = owners();
      assertEquals(2, here.size(), "ours, and the other store's");
      List<Path> kept = new ArrayList<>();
      for (Path owner : here) {
        kept.add(unfinished(owner.getFileName().toString(), HOUR));
      }
      // Renewed every minute.
      kept.add(unfinished(elsewhere("aBcdefgh", Duration.ofSeconds(60)), HOUR));
      // By our clock one of these would be dead, or the other alive.
      kept.add(unfinished(elsewhere("bBcdefgh", Duration.ofSeconds(450)), HOUR));
      Path gone = unfinished(elsewhere("cBcdefgh", Duration.ofSeconds(750)), HOUR);
      store.evict(1L << 40, 0.9, 0.8, false);
      for (Path file : kept) {
        assertTrue(Files.exists(file), file + " with skew " + skew);
      }
      assertFalse(Files.exists(gone));
      assertEquals(0, other.stats().temporariesLeft());
    }
  }

  private void stamp(int[] tokens, Instant... deepestLast) throws Exception {
    PromptKeys keys = cache.keys(tokens);
    for (int i = 0; i < deepestLast.length; i++) {
      Files.setLastModifiedTime(StoreFiles.image(root, keys, i, 0), FileTime.from(deepestLast[i]));
    }
  }

  private boolean isThere(int[] tokens, int chunk) throws Exception {
    String name = cache.keys(tokens).chunk(chunk).hex();
    return StoreFiles.images(root).stream()
        .anyMatch(file -> file.getFileName().toString().startsWith(name));
  }

  /** Within two seconds the fractions say that the deepest are newest, which means nothing. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void stampsOfWholeSecondsKeepTheOrderInWhichChunksWereUsed(boolean wholeSeconds)
      throws Exception {
    closeAll();
    store =
        DirectoryStore.builder(root)
            .io(directory -> NativeChunkIoTest.open(posix, directory, NativeIoOptions.defaults()))
            .stampInterval(Duration.ofSeconds(2))
            .open();
    cache = Caches.ofChunks(Layouts.FULL, 4 * CHUNKS).store(store).build();
    int[] earlier = prompt;
    int[] later = FakeEngine.prompt(77, TOKENS + 1);
    Caches.fill(cache, earlier);
    Caches.fill(cache, later);
    Instant even = Instant.ofEpochSecond(Instant.now().getEpochSecond() / 2 * 2 - 3600);
    // The last fraction before an interval's end, and the first after it: 0.2 s apart.
    stamp(
        earlier,
        even.plusMillis(600),
        even.plusMillis(900),
        even.plusMillis(1200),
        even.plusMillis(1900));
    stamp(
        later,
        even.plusMillis(2100),
        even.plusMillis(2400),
        even.plusMillis(2700),
        even.plusMillis(3999));
    if (wholeSeconds) {
      posix.wholeSeconds();
    }
    long image = Caches.namespace(Layouts.FULL).image(0).imageBytes();
    EvictionReport report = store.evict(6 * image, 0.95, 0.9, false);
    assertEquals(3, report.deleted(), report.toString());
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
      assertTrue(isThere(later, chunk), "used later: " + chunk);
      assertEquals(chunk == 0, isThere(earlier, chunk), "used earlier: " + chunk);
    }
  }

  @Test
  void aQuestionThatHangsInAnEvictionKeepsNoRequestWaiting() throws Exception {
    fillFiles();
    long image = Caches.namespace(Layouts.FULL).image(0).imageBytes();
    // Of the images' own: the first by the scan, all later ones by whoever asks.
    Gate gate = posix.hangNth(Call.STATX, path -> path.endsWith(".g0"), 1);
    ExecutorService evictor = Executors.newSingleThreadExecutor();
    try {
      Future<EvictionReport> report = evictor.submit(() -> store.evict(2 * image, 0.9, 0.5, false));
      gate.awaitEntered();
      assertEquals(ShortenedBy.NOTHING, shortenedBy(TOKENS));
      int[] other = FakeEngine.prompt(99, Layouts.CHUNK + 1);
      FakeEngine engine = new FakeEngine(Layouts.FULL, other);
      assertEquals(
          Map.of(StoreOutcome.WRITTEN, 1),
          cache
              .store(cache.keys(other), Layouts.CHUNK, engine.source())
              .persisted()
              .join()
              .images());
      assertFalse(report.isDone());
      gate.release();
      assertTrue(report.get(30, TimeUnit.SECONDS).deleted() > 0);
    } finally {
      gate.release();
      evictor.shutdown();
    }
    assertFalse(gate.threadWasInterrupted());
  }

  @Test
  void aColdLookupOfALongPromptAsksNineTimesAtMostAndAWarmOneNever() throws Exception {
    int chunks = 196;
    int[] tokens = FakeEngine.prompt(11, chunks * Layouts.CHUNK);
    PromptKeys keys = cache.keys(tokens, KvScope.NONE);
    ChunkDirectory directory = store.directory(Caches.namespace(Layouts.FULL));
    posix.forgetCalls();
    assertEquals(0, directory.leadingChunks(keys, 0, chunks));
    assertTrue(posix.count(Call.STATX) <= 9, "" + posix.count(Call.STATX));
    FakeEngine engine = new FakeEngine(Layouts.FULL, tokens);
    try (KvCache large = Caches.ofChunks(Layouts.FULL, chunks).store(store).build()) {
      assertTrue(
          large
              .store(large.keys(tokens), tokens.length, engine.source())
              .persisted()
              .join()
              .complete());
    }
    posix.forgetCalls();
    assertEquals(chunks, directory.leadingChunks(keys, 0, chunks));
    assertEquals(0, posix.count(Call.STATX));
  }
}
