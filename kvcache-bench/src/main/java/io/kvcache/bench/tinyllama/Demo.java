package io.kvcache.bench.tinyllama;

import io.kvcache.KvCache;
import io.kvcache.PersistReport;
import io.kvcache.bench.tinyllama.DemoEngine.Measured;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Shows what the cache saves, and that it changes no bit of a result. */
public final class Demo {
  private final String model;
  private final int tokens;
  private final Path directory;
  private final Consumer<String> progress;

  /**
   * @param model {@code plain} or {@code hybrid}
   * @param tokens of the prompt
   * @param directory of the store; may hold the prompt from an earlier run
   * @param progress is told what comes next
   */
  public Demo(String model, int tokens, Path directory, Consumer<String> progress) {
    this.model = model;
    this.tokens = tokens;
    this.directory = directory;
    this.progress = progress;
  }

  /**
   * What the demo measured. TTFT is the time from a prompt's tokens to its last token's logits.
   *
   * @param coldTtftMs nothing restored, no cache asked
   * @param warmTtftMs restored from DRAM
   * @param restartTtftMs restored from the directory by a process that did not write it: this one
   *     if the directory held the prompt, else one started for it
   * @param foundTokens what this process restored before it had stored anything
   * @param restartTokens what was restored in {@code restartTtftMs}
   * @param logitsEqual whether all logits were the cold ones, bit by bit
   */
  public record Result(
      double coldTtftMs,
      double warmTtftMs,
      double restartTtftMs,
      int foundTokens,
      int restartTokens,
      boolean logitsEqual) {}

  /** Runs all steps. */
  public Result run() throws IOException {
    progress.accept("warming up on another prompt");
    DemoEngine engine = new DemoEngine(ModelShape.named(model), tokens);
    engine.warmUp();
    Measured found;
    Measured cold;
    Measured warm;
    try (DirectoryStore store = DirectoryStore.open(directory);
        KvCache cache = engine.cache(Optional.of(store))) {
      // First, while the only way to know the prompt is the directory.
      found = engine.cached(cache);
      progress.accept("cold prefill of " + tokens + " tokens");
      KvMemory memory = engine.memory();
      cold = engine.cold(memory, cache.stateCuts(0, tokens));
      PersistReport persisted = engine.store(cache, memory).persisted().join();
      if (!persisted.complete()) {
        progress.accept("not everything could be stored: " + persisted.images());
      }
      warm = engine.cached(cache);
    }
    Measured restarted = found;
    if (found.restored() == 0) {
      progress.accept("restore in a new process");
      restarted = RestartedProcess.run(model, tokens, directory);
    }
    return new Result(
        cold.ttftMs(),
        warm.ttftMs(),
        restarted.ttftMs(),
        found.restored(),
        restarted.restored(),
        Stream.of(found, warm, restarted).allMatch(m -> sameBits(m.logits(), cold.logits())));
  }

  private static boolean sameBits(float[] a, float[] b) {
    return Arrays.equals(bits(a), bits(b));
  }

  /** Raw bits, since Arrays.equals on floats takes one NaN for another. */
  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
    return bits;
  }
}
