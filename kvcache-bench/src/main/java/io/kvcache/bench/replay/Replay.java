package io.kvcache.bench.replay;

import io.kvcache.spi.EvictionPolicy;
import io.kvcache.tier.DramLimit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.IntPredicate;

/** Runs a trace, or the part of it up to a request, and measures a range of its requests. */
public final class Replay {
  private final int blockTokens;
  private final RequestPath[] paths;
  private final int from;
  private final int to;

  /**
   * @param from first request that counts, by its place in the trace; those before warm up
   * @param to the run ends before this request
   * @throws IllegalArgumentException if these are no range within the trace
   */
  public Replay(Trace trace, Outputs outputs, int from, int to) {
    if (from < 0 || to > trace.size() || from >= to) {
      throw new IllegalArgumentException(
          "from "
              + from
              + " to "
              + to
              + " (exclusive): a range within the trace, 0 to "
              + trace.size());
    }
    this.blockTokens = trace.blockTokens();
    this.paths = outputs.paths(trace);
    this.from = from;
    this.to = to;
  }

  /**
   * A memory tier without bytes to replay through.
   *
   * @param capacityBlocks how many blocks it holds, at least 1
   */
  public ReplayTarget policyOnly(int capacityBlocks, EvictionPolicy.Factory policy) {
    return new PolicyTarget(capacityBlocks, policy);
  }

  /**
   * A cache over a directory to replay through, least recently used in memory. A directory that
   * holds chunks of an earlier run starts warm.
   *
   * @param directory made if it does not exist
   * @param bytesPerToken bytes kept for a token, at least 1
   * @param capacityBlocks how many blocks memory holds, at least 1
   * @throws IllegalArgumentException if that does not fit the disk, this JVM's direct memory, or
   *     what has the directory's name
   * @throws IOException if the filesystem does not say how much space it has
   */
  public ReplayTarget withFiles(Path directory, int bytesPerToken, int capacityBlocks)
      throws IOException {
    long imageBytes = CacheTarget.imageBytes(blockTokens, bytesPerToken);
    DramLimit.check(capacityBlocks * imageBytes, 0);
    DiskSpace.require(directory, distinctBlocks(), imageBytes, CacheTarget.FREE_SPACE_FLOOR);
    return new CacheTarget(directory, blockTokens, bytesPerToken, capacityBlocks);
  }

  /** How many requests the run serves, those that warm up included. */
  public int requests() {
    return to;
  }

  private int distinctBlocks() {
    BlockTree blocks = new BlockTree();
    for (int r = 0; r < to; r++) {
      int block = BlockTree.ROOT;
      for (int id : paths[r].blocks()) {
        block = blocks.add(block, id);
      }
    }
    return blocks.size();
  }

  /**
   * Runs.
   *
   * @param goOn gets the number of requests served; the run ends early when it says false
   */
  public ReplayResult run(ReplayTarget target, IntPredicate goOn) {
    Sum sum = new Sum();
    long evictionsBefore = 0;
    for (int r = 0; r < to; r++) {
      if (r == from) {
        evictionsBefore = target.evictions();
      }
      ReplayTarget.Served served = target.serve(paths[r]);
      if (r >= from) {
        sum.add(paths[r], served);
      }
      if (!goOn.test(r + 1)) {
        break;
      }
    }
    return sum.result(sum.requests == 0 ? 0 : target.evictions() - evictionsBefore);
  }

  /** What the measured requests met. */
  private final class Sum {
    private long requests;
    private long promptTokens;
    private long hitTokens;
    private long dramHitTokens;
    private double flops;
    private double savedFlops;
    private long fileWrites;
    private long bytesVerified;
    private long bytesWrong;

    void add(RequestPath path, ReplayTarget.Served served) {
      long hit = (long) served.hitBlocks() * blockTokens;
      requests++;
      promptTokens += path.inputTokens();
      hitTokens += hit;
      dramHitTokens += (long) served.dramHitBlocks() * blockTokens;
      flops += PrefillCost.flops(path.inputTokens());
      savedFlops += PrefillCost.flops(hit);
      fileWrites += served.filesWritten();
      bytesVerified += served.bytesVerified();
      bytesWrong += served.bytesWrong();
    }

    ReplayResult result(long evictions) {
      return new ReplayResult(
          requests,
          promptTokens,
          hitTokens,
          ratio(hitTokens, promptTokens),
          ratio(dramHitTokens, promptTokens),
          ratio(savedFlops, flops),
          evictions,
          fileWrites,
          bytesVerified,
          bytesWrong);
    }

    private static double ratio(double part, double whole) {
      return whole == 0 ? 0 : part / whole;
    }
  }
}
