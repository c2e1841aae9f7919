package io.kvcache.bench.load;

import io.kvcache.ElementType;
import io.kvcache.KvCache;
import io.kvcache.KvLayout;
import io.kvcache.KvSource;
import io.kvcache.ModelFingerprint;
import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.store.CapacityStats;
import io.kvcache.store.DirectoryStore;
import io.kvcache.store.StoreStats;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One process of {@link SharedBudgetTrial}: writes prompts of 8 chunks, each image 1 MiB, and each
 * again until the budget lets it in.
 */
public final class BudgetTrialWriter {
  /** Short, so that the trial sees many intervals. */
  static final Duration STAMP_INTERVAL = Duration.ofSeconds(2);

  private static final int CHUNKS = 8;
  private static final KvLayout LAYOUT = KvLayout.attention(4, 2, 128, ElementType.BF16);

  private BudgetTrialWriter() {}

  /** Whether there is enough. */
  interface Enough {
    boolean ask() throws IOException;
  }

  /** Arguments: directory, budget, number of this process, bytes to write. */
  public static void main(String[] args) throws IOException {
    long bytes = Long.parseLong(args[3]);
    try (DirectoryStore store =
        DirectoryStore.builder(Path.of(args[0]))
            .budget(Long.parseLong(args[1]))
            .stampInterval(STAMP_INTERVAL)
            .open()) {
      long[] declined = {0};
      write(store, Long.parseLong(args[2]), () -> store.stats().bytesWritten() >= bytes, declined);
      StoreStats stats = store.stats();
      CapacityStats capacity = stats.capacity().orElseThrow();
      System.out.printf(
          "a process wrote %d MB in %d images, %d writes declined by the budget, %d of them tried again;"
              + " %d corrupt; %s%n",
          stats.bytesWritten() / 1_000_000,
          stats.writes(),
          capacity.declinedByBudget(),
          declined[0],
          stats.corrupt(),
          capacity);
    }
  }

  /** Writes what nobody wrote before. */
  static void fillUp(DirectoryStore store, Enough enough) throws IOException {
    write(store, 1 << 20, enough, new long[1]);
  }

  private static void write(DirectoryStore store, long number, Enough enough, long[] declined)
      throws IOException {
    try (KvCache cache =
        KvCache.builder()
            .model(ModelFingerprint.of("trial", "00".repeat(32), "00".repeat(32)))
            .layout(LAYOUT)
            .dram(64L << 20)
            .store(store)
            .build()) {
      SplittableRandom random = new SplittableRandom(number);
      while (!enough.ask()) {
        int[] tokens = random.ints(CHUNKS * LAYOUT.chunkTokens(), 0, 128_000).toArray();
        PromptKeys keys = cache.keys(tokens);
        KvSource source =
            (layer, part, from, count, rows) -> {
              for (long word = from; rows.remaining() >= Long.BYTES; word++) {
                rows.putLong(word);
              }
              return true;
            };
        while (true) {
          Map<StoreOutcome, Integer> outcome =
              cache.store(keys, tokens.length, source).persisted().join().images();
          int again = outcome.getOrDefault(StoreOutcome.NO_SPACE, 0);
          if (again == 0) {
            break;
          }
          declined[0] += again;
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
      }
    }
  }
}
