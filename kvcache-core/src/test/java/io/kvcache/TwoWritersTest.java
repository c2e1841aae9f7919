package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.store.DirectoryStore;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Several writers of the same chunks at once: processes (stores) and caches and threads. */
class TwoWritersTest extends FaultTestBase {
  @ParameterizedTest
  @CsvSource({"1, 1, 4", "1, 2, 2", "2, 1, 2", "2, 2, 1"})
  void writersOfTheSameKeysLeaveWholeFilesAndNothingElse(int stores, int caches, int threads)
      throws Exception {
    for (int round = 0; round < 5; round++) {
      List<AutoCloseable> open = new ArrayList<>();
      List<KvCache> writers = new ArrayList<>();
      for (int s = 0; s < stores; s++) {
        DirectoryStore shared = DirectoryStore.open(root);
        open.add(shared);
        for (int c = 0; c < caches; c++) {
          KvCache writer = Layouts.cache(layout()).store(shared).build();
          open.add(0, writer);
          writers.add(writer);
        }
      }
      store(writers, threads);
      for (AutoCloseable resource : open) {
        resource.close();
      }
      restart();
      assertEquals(CHUNKS, StoreFiles.images(root).size());
      assertEquals(List.of(), leftOvers());
      assertRestored(ALL, ShortenedBy.NOTHING);
      for (var file : StoreFiles.images(root)) {
        Files.delete(file);
      }
    }
  }

  private void store(List<KvCache> writers, int threads) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(writers.size() * threads);
    try {
      CyclicBarrier together = new CyclicBarrier(writers.size() * threads);
      List<Future<StoreReport>> reports = new ArrayList<>();
      for (KvCache writer : writers) {
        for (int t = 0; t < threads; t++) {
          reports.add(
              pool.submit(
                  () -> {
                    FakeEngine own = new FakeEngine(layout(), tokens);
                    PromptKeys prompt = writer.keys(tokens);
                    together.await();
                    return writer.store(prompt, tokens.length, own.source());
                  }));
        }
      }
      for (Future<StoreReport> report : reports) {
        assertEquals(0, report.get().declined());
        report
            .get()
            .persisted()
            .join()
            .images()
            .keySet()
            .forEach(
                outcome ->
                    assertTrue(
                        outcome == StoreOutcome.WRITTEN
                            || outcome == StoreOutcome.ALREADY_PRESENT
                            || outcome == StoreOutcome.IN_FLIGHT,
                        outcome.toString()));
      }
    } finally {
      pool.shutdownNow();
    }
  }
}
