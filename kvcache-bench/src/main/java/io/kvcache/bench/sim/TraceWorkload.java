package io.kvcache.bench.sim;

import io.kvcache.bench.replay.Outputs;
import io.kvcache.bench.replay.RequestPath;
import io.kvcache.bench.replay.Trace;
import io.kvcache.bench.replay.TraceRequest;
import java.util.List;
import java.util.OptionalInt;

/** A trace, perhaps several times one after the other, each time with blocks of its own. */
final class TraceWorkload implements Workload {
  private static final double MILLIS = 1_000;

  private final int blockTokens;
  private final RequestPath[] paths;
  private final double[] arrivals;
  private final double length;
  private final int times;
  private final int idsOfOne;
  private final OptionalInt concurrency;

  /**
   * @param timeScale factor on the time between requests: 2 is half as many a second
   * @param times how often the trace comes
   */
  TraceWorkload(
      Trace trace, Outputs outputs, double timeScale, int times, OptionalInt concurrency) {
    blockTokens = trace.blockTokens();
    paths = outputs.paths(trace);
    List<TraceRequest> requests = trace.requests();
    arrivals = new double[paths.length];
    double first = requests.get(0).timestamp();
    int highest = 0;
    for (int r = 0; r < arrivals.length; r++) {
      arrivals[r] = (requests.get(r).timestamp() - first) / MILLIS * timeScale;
      for (int id : paths[r].blocks()) {
        highest = Math.max(highest, id);
      }
    }
    int last = arrivals.length - 1;
    // The pause between two runs of the trace is its mean one.
    length = arrivals[last] + (last == 0 ? timeScale : arrivals[last] / last);
    idsOfOne = highest + 1;
    this.times = times;
    this.concurrency = concurrency;
    if ((long) paths.length * times > WorkloadSpec.MOST_REQUESTS) {
      throw new IllegalArgumentException(
          "workload.repeat is "
              + times
              + " for "
              + paths.length
              + " requests: at most "
              + WorkloadSpec.MOST_REQUESTS
              + " in all");
    }
    if ((long) idsOfOne * times > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "workload.repeat is "
              + times
              + ": the trace has "
              + idsOfOne
              + " blocks, too many for that");
    }
  }

  @Override
  public int requests() {
    return paths.length * times;
  }

  @Override
  public int blockTokens() {
    return blockTokens;
  }

  @Override
  public RequestPath path(int request) {
    RequestPath path = paths[request % paths.length];
    int shift = request / paths.length * idsOfOne;
    if (shift == 0) {
      return path;
    }
    int[] blocks = path.blocks().clone();
    for (int b = 0; b < blocks.length; b++) {
      blocks[b] += shift;
    }
    return new RequestPath(path.inputTokens(), path.totalTokens(), path.inputBlocks(), blocks);
  }

  @Override
  public double arrival(int request) {
    return arrivals[request % paths.length] + request / paths.length * length;
  }

  @Override
  public OptionalInt concurrency() {
    return concurrency;
  }
}
