package io.kvcache.bench.sim;

import io.kvcache.PromptKeys;
import io.kvcache.bench.replay.CountedTier;
import io.kvcache.bench.replay.PathKeys;
import io.kvcache.bench.replay.RequestPath;
import java.util.Arrays;
import java.util.BitSet;

/** One request on its way through a node. */
final class SimRequest implements Comparable<SimRequest> {
  final int index;
  final RequestPath path;
  final boolean measured;
  final double arrived;

  /** Keys of the prompt, and of the prompt with what is generated. */
  final PromptKeys prompt;

  final PromptKeys all;

  Node node;

  /** What it pins in host memory until its prefill ends; null without host memory. */
  CountedTier.Hold dram;

  /**
   * What it has of the accelerators' memory while it is in the batch; null before, or unlimited.
   */
  CountedTier.Hold hbm;

  /** Reads that it waits for. */
  int pendingLoads;

  /** Blocks that came from the filesystem for it, or are coming. */
  final BitSet fromFilesystem = new BitSet();

  /** Leading blocks that its prefill leaves out, and those of them found in HBM. */
  int reused;

  int inHbm;

  long newTokens;
  long prefilled;
  double firstToken;

  /** Whether nothing of its prompt is on the way to the filesystem. */
  boolean promptIsWritten = true;

  boolean isGenerated;

  /** The batch's decode step that gives its last token. */
  long lastStep;

  SimRequest(int index, RequestPath path, boolean measured, double arrived) {
    this.index = index;
    this.path = path;
    this.measured = measured;
    this.arrived = arrived;
    int[] blocks = path.blocks();
    prompt = PathKeys.of(Arrays.copyOf(blocks, path.inputBlocks()));
    all =
        blocks.length == path.inputBlocks()
            ? prompt
            : prompt.append(Arrays.copyOfRange(blocks, path.inputBlocks(), blocks.length));
  }

  /**
   * Leading blocks that it need not compute, where the accelerators have the first {@code inHbm}:
   * beyond those what host memory holds for it, and what was read.
   */
  int atHand(int inHbm) {
    int held = dram == null ? 0 : dram.blocks();
    int next = fromFilesystem.nextClearBit(Math.max(inHbm, held));
    return Math.min(next, path.inputBlocks());
  }

  int outputTokens() {
    return path.totalTokens() - path.inputTokens();
  }

  /** Tokens of the context when the last one is generated. */
  long lastContext() {
    return path.inputTokens() + Math.max(0, outputTokens() - 1);
  }

  @Override
  public int compareTo(SimRequest other) {
    return Integer.compare(index, other.index);
  }
}
