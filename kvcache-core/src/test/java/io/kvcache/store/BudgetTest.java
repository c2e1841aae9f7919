package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.fixture.Await;
import io.kvcache.fixture.FaultyChunkIo;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.spi.IoFault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that keeps to a budget by itself. */
class BudgetTest extends StoreTestBase {
  private static final int IMAGES = 100;
  private final long image = namespace.image(0).imageBytes();
  private final long budget = IMAGES * image;
  private final PromptKeys keys = prompt(1, 2 * IMAGES);

  @Override
  DirectoryStore.Builder settings(DirectoryStore.Builder builder) {
    io.setUsableBytes(0); // so that the filesystem's free space proves nothing
    return builder.budget(budget).freeSpaceFloor(0).closeTimeout(Duration.ofSeconds(10));
  }

  /** Lets the space guard see room, and the budget guard no proof of it. */
  private DirectoryStore open(long bytes) {
    io = new FaultyChunkIo(NioChunkIo.open(root));
    io.setSizeless();
    return DirectoryStore.builder(root).io(io.factory()).budget(bytes).open();
  }

  private void reopen(long bytes) {
    store.close();
    store = open(bytes);
    directory = store.directory(namespace);
  }

  private CapacityStats capacity() {
    return store.stats().capacity().orElseThrow();
  }

  /** Waits for a scan that began after this was called: for two, since one may be under way. */
  private void awaitScan() {
    for (int i = 0; i < 2; i++) {
      long before = capacity().scans();
      store.capacity.orElseThrow().wish();
      Await.until(() -> capacity().scans() > before);
    }
  }

  /** Writes a chunk as soon as the budget lets it be written. */
  private void writeAtLast(int chunk) throws Exception {
    StoreOutcome outcome = write(keys, chunk).get();
    while (outcome == StoreOutcome.NO_SPACE) {
      outcome = write(keys, chunk).get();
    }
    assertEquals(StoreOutcome.WRITTEN, outcome);
  }

  private long usage() throws Exception {
    return StoreFiles.images(root).size() * image;
  }

  @Test
  void usageStaysBelowTheBudgetHoweverMuchIsWritten() throws Exception {
    reopen(budget);
    for (int chunk = 0; chunk < 2 * IMAGES; chunk++) {
      writeAtLast(chunk);
      assertTrue(usage() <= budget * 105 / 100, usage() + " of " + budget);
    }
    awaitScan();
    assertTrue(capacity().evictedImages() >= IMAGES, capacity().toString());
    assertTrue(usage() >= 65 * image, "it removed more than it had to: " + usage());
    assertEquals(0, store.stats().corrupt());
  }

  @Test
  void aBudgetSurvivesARestart() throws Exception {
    makeImages(0, 84);
    reopen(budget);
    Await.until(() -> capacity().usageBytes().isPresent());
    assertEquals(84 * image, capacity().usageBytes().orElseThrow());
    assertEquals(0, capacity().evictedImages());
    reopen(budget / 2);
    Await.until(() -> capacity().evictions() == 1);
    assertEquals(35, StoreFiles.images(root).size());
    assertEquals(35 * image, capacity().usageBytes().orElseThrow());
  }

  @Test
  void whatOthersWriteCountsTooWithoutAWordBetweenThem() throws Exception {
    reopen(budget);
    awaitScan();
    makeImages(0, 60);
    awaitScan();
    assertEquals(60 * image, capacity().usageBytes().orElseThrow());
    try (DirectoryStore other = DirectoryStore.open(root)) {
      assertFalse(other.isClosed());
      awaitScan();
      assertEquals(2, capacity().owners());
    }
    awaitScan();
    assertEquals(1, capacity().owners());
  }

  @Test
  void aWriteThatTheBudgetHasNoRoomForIsDeclinedAndCounted() throws Exception {
    reopen(budget);
    makeImages(10, 10 + IMAGES);
    io.fail(Op.DELETE, IoFault.READ_ONLY); // nothing can be evicted
    awaitScan();
    assertEquals(StoreOutcome.NO_SPACE, write(keys, 0).get());
    assertEquals(1, capacity().declinedByBudget());
    assertEquals(1, store.stats().declined().get(StoreOutcome.NO_SPACE));
    io.heal();
    awaitScan();
    assertEquals(StoreOutcome.WRITTEN, write(keys, 0).get(), "it comes back by itself");
  }

  @Test
  void openingDoesNotWaitForTheFirstScan() throws Exception {
    store.close();
    makeImages(0, 10);
    io = new FaultyChunkIo(NioChunkIo.open(root));
    io.setSizeless();
    Gate gate = new Gate();
    io.before(Op.LIST, root::equals, path -> gate.pass());
    store = DirectoryStore.builder(root).io(io.factory()).budget(budget).open();
    directory = store.directory(namespace);
    gate.awaitEntered();
    assertEquals(ReadOutcome.CORRUPT, read(keys, 0).get(), "zeros, but it was read");
    assertEquals(StoreOutcome.WRITTEN, write(keys, 0).get());
    assertTrue(capacity().usageBytes().isEmpty());
    gate.release();
    Await.until(() -> capacity().usageBytes().isPresent());
  }

  @Test
  void aDirectoryThatCannotBeListedIsTriedAgainAndIsNoScan() throws Exception {
    store.close();
    io = new FaultyChunkIo(NioChunkIo.open(root));
    io.fail(Op.LIST, IoFault.TRANSIENT);
    store = DirectoryStore.builder(root).io(io.factory()).budget(budget).open();
    Await.until(() -> capacity().failedScans() > 0);
    assertEquals(0, capacity().scans());
    assertTrue(capacity().usageBytes().isEmpty());
    io.heal();
    awaitScan();
    assertEquals(0, capacity().usageBytes().orElseThrow());
  }

  @Test
  void theThreadGoesWithTheStoreAndThereIsNoneWithoutABudget(@TempDir Path elsewhere) {
    assertTrue(threads() > 0);
    store.close();
    assertEquals(0, threads());
    try (DirectoryStore plain = DirectoryStore.open(elsewhere)) {
      assertTrue(plain.stats().capacity().isEmpty());
      assertEquals(0, threads());
    }
  }

  private long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(t -> t.getName().equals("kvcache-capacity-" + store.ownerToken))
        .count();
  }

  @Test
  void aScanThatHangsHoldsUpNoClose() throws Exception {
    store.close();
    io = new FaultyChunkIo(NioChunkIo.open(root));
    Gate gate = io.block(Op.LIST);
    store =
        DirectoryStore.builder(root)
            .io(io.factory())
            .budget(budget)
            .closeTimeout(Duration.ofMillis(20))
            .open();
    gate.awaitEntered();
    store.close();
    gate.release();
    Await.until(() -> threads() == 0);
    assertFalse(gate.threadWasInterrupted());
  }

  @Test
  void aBudgetBelowOneImageIsRefusedWithBothSizesWhenACacheIsBuiltOnIt() {
    try (DirectoryStore tiny = DirectoryStore.open(root, image - 1)) {
      for (Runnable use :
          List.<Runnable>of(
              () -> tiny.directory(namespace),
              () -> Layouts.cache(Layouts.FULL).store(tiny).build())) {
        String message = assertThrows(IllegalArgumentException.class, use::run).getMessage();
        assertTrue(message.contains("" + (image - 1)) && message.contains("" + image), message);
      }
    }
    try (DirectoryStore small = DirectoryStore.open(root, image)) {
      Layouts.cache(Layouts.FULL).store(small).build().close();
    }
  }

  /** As another node would write them. */
  private void makeImages(int from, int to) throws Exception {
    for (int chunk = from; chunk < to; chunk++) {
      Files.createDirectories(file(keys, chunk).getParent());
      Files.write(file(keys, chunk), new byte[(int) image]);
    }
  }
}
