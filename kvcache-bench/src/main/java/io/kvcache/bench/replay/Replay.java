package io.kvcache.bench.replay;

import io.kvcache.spi.EvictionPolicy;
import io.kvcache.tier.DirectMemory;
import io.kvcache.tier.DramLimit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
   * Tiers without bytes to replay through.
   *
   * @param capacityBlocks how many blocks memory holds, at least 1
   * @param fileBlocks how many blocks are kept in files, at least 1; empty for memory alone
   * @param policy what both evict by
   */
  public ReplayTarget policyOnly(
      int capacityBlocks, OptionalInt fileBlocks, EvictionPolicy.Factory policy) {
    return new PolicyTarget(capacityBlocks, fileBlocks, policy);
  }

  /**
   * A cache over a directory to replay through, least recently used in memory. A directory that
   * holds chunks of an earlier run starts warm.
   *
   * @param directory made if it does not exist
   * @param bytesPerToken bytes kept for a token, at least 1
   * @param capacityBlocks how many blocks memory holds, at least 1
   * @param fileBlocks the directory's budget, in images; empty for no budget
   * @throws IllegalArgumentException if that does not fit the disk, this JVM's direct memory, or
   *     what has the directory's name
   * @throws IOException if the filesystem does not say how much space it has
   */
  public ReplayTarget withFiles(
      Path directory, int bytesPerToken, int capacityBlocks, OptionalInt fileBlocks)
      throws IOException {
    long imageBytes = CacheTarget.imageBytes(blockTokens, bytesPerToken);
    OptionalLong budgetBytes =
        fileBlocks.isPresent()
            ? OptionalLong.of(fileBlocks.getAsInt() * imageBytes)
            : OptionalLong.empty();
    long dram = capacityBlocks * imageBytes;
    DramLimit.check("dram(" + dram + ")", dram, 0, new DirectMemory());
    int files = Math.min(distinctBlocks(), fileBlocks.orElse(Integer.MAX_VALUE));
    DiskSpace.require(directory, files, imageBytes, CacheTarget.FREE_SPACE_FLOOR);
    return new CacheTarget(directory, blockTokens, bytesPerToken, capacityBlocks, budgetBytes);
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
   * Runs, one request after the other.
   *
   * @param goOn gets the number of requests served; the run ends early when it says false
   */
  public ReplayResult run(ReplayTarget target, IntPredicate goOn) {
    Run run = new Run(target, goOn);
    run.work();
    return run.result();
  }

  /**
   * Runs on several threads, which take the requests in their order. Which of two requests under
   * way is first at a block is chance then, and so is what memory holds.
   *
   * @param target for any number of threads
   * @param goOn as above; called by one thread at a time
   */
  public ReplayResult run(ReplayTarget target, int threads, IntPredicate goOn) {
    Run run = new Run(target, goOn);
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      // Returns when all have ended, whether one failed or not.
      List<Future<Object>> workers =
          pool.invokeAll(Collections.nCopies(threads, Executors.callable(run::work)));
      for (Future<Object> worker : workers) {
        worker.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a request failed", e.getCause());
    } catch (InterruptedException e) {
      run.ended = true;
      Thread.currentThread().interrupt();
    } finally {
      pool.shutdown();
    }
    return run.result();
  }

  /** One run: the next request, and the sum of those served, under one lock. */
  private final class Run {
    private final ReplayTarget target;
    private final IntPredicate goOn;
    private final Sum sum = new Sum();
    private int next;
    private int served;
    private long evictionsBefore;
    private volatile boolean ended;

    Run(ReplayTarget target, IntPredicate goOn) {
      this.target = target;
      this.goOn = goOn;
    }

    void work() {
      boolean complete = false;
      try {
        for (int r = take(); r < to; r = take()) {
          served(r, target.serve(paths[r]));
        }
        complete = true;
      } finally {
        ended |= !complete;
      }
    }

    private synchronized int take() {
      if (next == from) {
        evictionsBefore = target.evictions();
      }
      return ended ? to : next++;
    }

    private synchronized void served(int r, ReplayTarget.Served what) {
      if (r >= from) {
        sum.add(paths[r], what);
      }
      ended |= !goOn.test(++served);
    }

    synchronized ReplayResult result() {
      return sum.result(sum.requests == 0 ? 0 : target.evictions() - evictionsBefore);
    }
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
