package io.kvcache.bench.load;

import io.kvcache.ElementType;
import io.kvcache.KvCache;
import io.kvcache.KvLayout;
import io.kvcache.ModelFingerprint;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One process of {@link ManyProcessesTrial}: serves random prompts of a directory that it shares
 * until its stdin ends, if nobody kills it before. Says every second, and at once after a wrong
 * byte, what it did since the last time: {@code DID requests bytes wrong}; and {@code THREW what}
 * for whatever the library throws.
 */
final class KilledChild {
  /** What all processes agree on: images of 128 KiB and a header. */
  static final KvLayout LAYOUT = KvLayout.attention(2, 1, 64, ElementType.BF16);

  static final int PROMPT_CHUNKS = 8;

  /** Less than 2,000 keys take: evictors have work to do. */
  static final long BUDGET_BYTES = 160L << 20;

  private static final long REPORT_NANOS = 1_000_000_000L;
  private static final long DRAM_BYTES = 32L << 20;

  private KilledChild() {}

  /** The store as every process opens it: with a budget, so each has an evictor. */
  static DirectoryStore open(Path root) {
    return DirectoryStore.builder(root)
        .workers(4)
        .budget(BUDGET_BYTES)
        .stampInterval(Duration.ofSeconds(2))
        .open();
  }

  /** The cache as every process builds it. */
  static KvCache build(DirectoryStore store) {
    return KvCache.builder()
        .model(ModelFingerprint.of("many-processes", "0".repeat(64), "0".repeat(64)))
        .layout(LAYOUT)
        .dram(DRAM_BYTES)
        .store(store)
        .build();
  }

  /**
   * Serves.
   *
   * @param args the directory and the number of prompts
   */
  public static void main(String[] args) {
    AtomicBoolean ended = new AtomicBoolean();
    Thread stdin = new Thread(() -> awaitEnd(ended), "stdin");
    stdin.setDaemon(true);
    stdin.start();
    Prompts prompts = new Prompts(LAYOUT, Integer.parseInt(args[1]), PROMPT_CHUNKS);
    try (DirectoryStore store = open(Path.of(args[0]));
        KvCache cache = build(store)) {
      serve(new Requests(cache, prompts, true), prompts.count(), ended);
    } catch (RuntimeException | Error e) {
      say("THREW " + e);
      e.printStackTrace();
    }
  }

  private static void serve(Requests requests, int count, AtomicBoolean ended) {
    SplittableRandom random = new SplittableRandom();
    Totals totals = new Totals();
    long reported = System.nanoTime();
    while (!ended.get()) {
      try {
        totals.accept(requests.serve(random.nextInt(count)));
      } catch (RuntimeException | Error e) {
        say("THREW " + e);
        e.printStackTrace();
      }
      boolean due = System.nanoTime() - reported > REPORT_NANOS || ended.get();
      if (due || totals.wrong.sum() > 0) {
        say(
            "DID "
                + totals.requests.sumThenReset()
                + " "
                + totals.bytes.sumThenReset()
                + " "
                + totals.wrong.sumThenReset());
        reported = System.nanoTime();
      }
    }
  }

  // In one piece: who is killed leaves no half of a line but the last.
  private static void say(String line) {
    System.out.print(line.replaceAll("\\R", " ") + "\n");
    System.out.flush();
  }

  private static void awaitEnd(AtomicBoolean ended) {
    try {
      while (System.in.read() >= 0) {
        // Nothing is said there.
      }
    } catch (IOException e) {
      // As good as its end.
    }
    ended.set(true);
  }
}
