package io.kvcache.bench.sim;

import io.kvcache.bench.replay.RequestPath;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Requests with a question each behind a long prefix: one of a pool, or with some probability one
 * that nobody ever had. Arrivals are a Poisson process, or as many are under way as are asked for.
 */
final class GeneratedWorkload implements Workload {
  /** The prefix of a request that has one of its own. */
  private static final int OWN = -1;

  /** Each is an object with its key while its request is served. */
  private static final int MOST_BLOCKS = 1 << 20;

  private final Shape shape;
  private final int blockTokens;
  private final int[] prefixes;
  private final double[] arrivals;
  private final int prefixBlocks;
  private final int blocksOfOne;

  /**
   * What is generated.
   *
   * @param requests how many
   * @param perSecond arrivals per second; ignored with a concurrency
   * @param concurrency how many are under way at once
   * @param pool distinct prefixes that come again
   * @param hitShare share of the requests with a prefix of the pool
   * @param zipf popularity of the pool's i-th prefix is 1/i to this power; 0 for all alike
   * @param prefixTokens length of each prefix
   * @param questionTokens tokens behind it, different in each request
   * @param outputTokens tokens generated for each request
   * @param stored whether the pool was computed and stored before the run
   */
  record Shape(
      int requests,
      double perSecond,
      OptionalInt concurrency,
      int pool,
      double hitShare,
      double zipf,
      int prefixTokens,
      int questionTokens,
      int outputTokens,
      boolean stored) {}

  GeneratedWorkload(Shape shape, int blockTokens, long seed) {
    this.shape = shape;
    this.blockTokens = blockTokens;
    prefixBlocks = shape.prefixTokens / blockTokens;
    int total = shape.prefixTokens + shape.questionTokens + shape.outputTokens;
    blocksOfOne = Math.max(1, total / blockTokens);
    if (blocksOfOne > MOST_BLOCKS) {
      throw new IllegalArgumentException(
          "chunk_tokens is "
              + blockTokens
              + ": a request of "
              + total
              + " tokens has "
              + blocksOfOne
              + " chunks, at most "
              + MOST_BLOCKS);
    }
    long ids = (long) shape.pool * prefixBlocks + (long) shape.requests * blocksOfOne;
    if (ids > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          shape.requests + " requests have " + ids + " blocks: ask for fewer, or longer chunks");
    }
    SplittableRandom random = new SplittableRandom(seed);
    double[] cumulated = popularity();
    prefixes = new int[shape.requests];
    arrivals = new double[shape.requests];
    double time = 0;
    for (int r = 0; r < shape.requests; r++) {
      time += -Math.log(1 - random.nextDouble()) / shape.perSecond;
      arrivals[r] = time;
      double own = random.nextDouble();
      double pick = random.nextDouble();
      prefixes[r] = own < shape.hitShare ? find(cumulated, pick) : OWN;
    }
  }

  private double[] popularity() {
    double[] cumulated = new double[shape.pool];
    double sum = 0;
    for (int p = 0; p < shape.pool; p++) {
      sum += Math.pow(p + 1, -shape.zipf);
      cumulated[p] = sum;
    }
    for (int p = 0; p < shape.pool; p++) {
      cumulated[p] /= sum;
    }
    return cumulated;
  }

  private static int find(double[] cumulated, double pick) {
    int low = 0;
    int high = cumulated.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (cumulated[middle] > pick) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  @Override
  public int requests() {
    return shape.requests;
  }

  @Override
  public int blockTokens() {
    return blockTokens;
  }

  @Override
  public RequestPath path(int request) {
    int input = shape.prefixTokens + shape.questionTokens;
    int total = input + shape.outputTokens;
    int[] blocks = new int[total / blockTokens];
    int own = shape.pool * prefixBlocks + request * blocksOfOne;
    int shared = prefixes[request] == OWN ? 0 : prefixBlocks;
    for (int b = 0; b < blocks.length; b++) {
      blocks[b] = b < shared ? prefixes[request] * prefixBlocks + b : own + b;
    }
    return new RequestPath(input, total, input / blockTokens, blocks);
  }

  @Override
  public double arrival(int request) {
    return arrivals[request];
  }

  @Override
  public OptionalInt concurrency() {
    return shape.concurrency;
  }

  @Override
  public Stream<int[]> stored() {
    return IntStream.range(0, shape.stored ? shape.pool : 0)
        .map(turn -> (shape.pool - 1 - turn) * prefixBlocks)
        .mapToObj(first -> IntStream.range(first, first + prefixBlocks).toArray());
  }
}
