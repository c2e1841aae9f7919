package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.BudgetWriter;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.ChildJvm;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.EvictionReport;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three processes that know nothing of each other write three times their common budget. */
@Timeout(180)
class SharedBudgetTest {
  private static final int PROMPTS = 50;
  private static final long IMAGE = Caches.namespace(BudgetWriter.LAYOUT).chunkBytes();
  private static final long BUDGET = PROMPTS * BudgetWriter.CHUNKS * IMAGE;

  @TempDir Path root;

  @Test
  void togetherTheyStayWithinTheBudgetAndATwentieth() throws Exception {
    List<ChildJvm> children = new ArrayList<>();
    List<CompletableFuture<String>> ends = new ArrayList<>();
    try {
      for (int c = 0; c < 3; c++) {
        ChildJvm child =
            ChildJvm.start(
                BudgetWriter.class, root.toString(), "" + BUDGET, "" + c * PROMPTS, "" + PROMPTS);
        children.add(child);
        ends.add(CompletableFuture.supplyAsync(() -> lineOf(child)));
      }
      CompletableFuture<?> all = CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new));
      long most = 0;
      while (!all.isDone()) {
        most = Math.max(most, usage(root));
      }
      for (CompletableFuture<String> end : ends) {
        String said = String.valueOf(end.join());
        assertTrue(said.startsWith("written "), said);
        assertTrue(Integer.parseInt(said.substring(8)) >= PROMPTS * BudgetWriter.CHUNKS, said);
      }
      for (ChildJvm child : children) {
        assertEquals(0, child.exitCode());
      }
      assertTrue(most <= BUDGET * 1.05, most + " bytes at most, the budget is " + BUDGET);
      assertTrue(most > BUDGET * 0.8, "it was no trial: " + most + " of " + BUDGET);
    } finally {
      children.forEach(ChildJvm::close);
    }
    anotherPassKeepsTheNewest();
    assertEquals(List.of(), StoreFiles.leftOvers(root));
  }

  /** Fills up what is there, so that there is something to evict. */
  private void anotherPassKeepsTheNewest() throws Exception {
    long low = (long) (BUDGET * 0.7);
    try (DirectoryStore store =
            DirectoryStore.builder(root).stampInterval(BudgetWriter.STAMP_INTERVAL).open();
        KvCache cache = Layouts.cache(BudgetWriter.LAYOUT).store(store).build()) {
      for (int prompt = 3 * PROMPTS; usage(root) <= 0.85 * BUDGET; prompt++) {
        Caches.fill(cache, FakeEngine.prompt(prompt, BudgetWriter.CHUNKS * Layouts.CHUNK));
      }
      Map<Path, Long> before = stamps();
      EvictionReport report = store.evict(BUDGET, 0.85, 0.7, false);
      Map<Path, Long> after = stamps();
      assertEquals(usage(root), report.usageAfter());
      assertTrue(report.usageAfter() <= low, report.toString());
      assertTrue(report.usageAfter() >= low - 0.02 * BUDGET, report.toString());
      long oldestKept = after.values().stream().mapToLong(Long::longValue).min().orElseThrow();
      before.keySet().removeAll(after.keySet());
      long newestGone = before.values().stream().mapToLong(Long::longValue).max().orElseThrow();
      assertTrue(
          newestGone <= oldestKept + BudgetWriter.STAMP_INTERVAL.toMillis(),
          newestGone + " went, " + oldestKept + " stayed");
    }
  }

  private Map<Path, Long> stamps() throws IOException {
    Map<Path, Long> stamps = new TreeMap<>();
    for (Path file : StoreFiles.images(root)) {
      stamps.put(file, Files.getLastModifiedTime(file).toMillis());
    }
    return stamps;
  }

  private static String lineOf(ChildJvm child) {
    try {
      return child.nextLine();
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  /** Bytes of all images and temporary files at about this moment, by a look from outside. */
  private static long usage(Path root) throws IOException {
    long[] sum = {0};
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            sum[0] += file.getFileName().toString().contains("-") ? attributes.size() : 0;
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException gone) {
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException gone) {
            return FileVisitResult.CONTINUE;
          }
        });
    return sum[0];
  }
}
