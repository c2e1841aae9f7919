package io.kvcache.bench.ttft;

import io.kvcache.KvLayout;
import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.PrefillCostModel;
import io.kvcache.bench.model.PrefillTime;

/**
 * What a run stands for. Nothing in it is measured.
 *
 * @param title model, precision and accelerators, for people
 * @param layout what the model keeps, of all ranks together: each byte is stored once
 * @param filesystemBytesPerSecond what the filesystem reads for this instance of the model
 * @param linkBytesPerSecond from host memory to all its accelerators together
 * @param promptTokens tokens of a prompt
 * @param prefill what computing takes
 */
public record TtftScenario(
    String title,
    KvLayout layout,
    double filesystemBytesPerSecond,
    double linkBytesPerSecond,
    int promptTokens,
    PrefillTime prefill) {
  private static final int MOST_TOKENS = 100_000_000;

  /** Checks the numbers; the messages name what is wrong and what is right. */
  public TtftScenario {
    if (!(filesystemBytesPerSecond > 0) || Double.isInfinite(filesystemBytesPerSecond)) {
      throw new IllegalArgumentException(
          "a filesystem of "
              + filesystemBytesPerSecond / 1e9
              + " GB/s: a finite number, more than 0");
    }
    if (!(linkBytesPerSecond > 0) || Double.isInfinite(linkBytesPerSecond)) {
      throw new IllegalArgumentException(
          "a link to the accelerators of "
              + linkBytesPerSecond / 1e9
              + " GB/s: a finite number, more than 0");
    }
    if (promptTokens < layout.chunkTokens() || promptTokens > MOST_TOKENS) {
      throw new IllegalArgumentException(
          promptTokens
              + " tokens: from one chunk of "
              + layout.chunkTokens()
              + " to "
              + MOST_TOKENS);
    }
  }

  /**
   * One instance of a model.
   *
   * @param chunkTokens tokens of a chunk
   * @param filesystemBytesPerSecond what its filesystem reads for it
   * @param overheadSeconds what every request takes beside its tokens
   */
  public static TtftScenario of(
      Deployment deployment,
      int chunkTokens,
      double filesystemBytesPerSecond,
      int promptTokens,
      double overheadSeconds) {
    return new TtftScenario(
        deployment.title(),
        deployment.model().layout(1).toBuilder().chunkTokens(chunkTokens).build(),
        filesystemBytesPerSecond,
        deployment.accelerator().hostBandwidth().value() * deployment.width(),
        promptTokens,
        new PrefillCostModel(deployment, overheadSeconds));
  }

  /** Whole chunks of a prompt. */
  int chunks() {
    return promptTokens / layout.chunkTokens();
  }
}
