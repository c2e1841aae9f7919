package io.kvcache.bench.sim;

import io.kvcache.bench.replay.Outputs;
import io.kvcache.bench.replay.Trace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The requests of a scenario: a trace's ({@code trace} to {@code repeat}) or generated ones ({@code
 * requests} to {@code stored}); with {@code concurrency} either come one for each that ends.
 */
public record WorkloadSpec(
    String trace,
    Integer blockTokens,
    Outputs outputs,
    Double timeScale,
    Integer repeat,
    Integer requests,
    Double requestsPerSecond,
    Integer prefixes,
    Double hitShare,
    Double zipf,
    Integer prefixTokens,
    Integer questionTokens,
    Integer outputTokens,
    Boolean stored,
    Integer concurrency) {

  private static final int MOONCAKE_BLOCK = 512;

  /** Some tens of bytes of each are kept: what a run of hours has, and what a heap holds. */
  static final int MOST_REQUESTS = 10_000_000;

  /** Checks, and fills in what was left out. */
  public WorkloadSpec {
    if (concurrency != null) {
      Checks.atLeast("workload.concurrency", concurrency, 1, null);
    }
    if (trace != null || requests == null) {
      refuse(
          "a trace",
          Stream.of(requests, requestsPerSecond, prefixes, hitShare, zipf, prefixTokens)
                  .anyMatch(given -> given != null)
              || Stream.of(questionTokens, outputTokens, stored).anyMatch(given -> given != null));
      blockTokens = Checks.atLeast("workload.block_tokens", blockTokens, 1, MOONCAKE_BLOCK);
      outputs = outputs == null ? Outputs.INFER : outputs;
      timeScale = Checks.positive("workload.time_scale", timeScale, 1.0);
      repeat = Checks.atLeast("workload.repeat", repeat, 1, 1);
    } else {
      refuse(
          "generated requests",
          Stream.of(blockTokens, outputs, timeScale, repeat).anyMatch(given -> given != null));
      Checks.between("workload.requests", requests, 1, MOST_REQUESTS, null);
      if (concurrency == null) {
        Checks.positive("workload.requests_per_second", requestsPerSecond, null);
      } else if (requestsPerSecond != null) {
        throw new IllegalArgumentException(
            "workload has requests_per_second and concurrency: one of them");
      }
      prefixes = Checks.between("workload.prefixes", prefixes, 1, MOST_REQUESTS, null);
      hitShare = Checks.notNegative("workload.hit_share", hitShare, 1.0);
      if (hitShare > 1) {
        throw new IllegalArgumentException("workload.hit_share is " + hitShare + ": 0 to 1");
      }
      zipf = Checks.notNegative("workload.zipf", zipf, 0.0);
      prefixTokens = Checks.atLeast("workload.prefix_tokens", prefixTokens, 0, null);
      questionTokens = Checks.atLeast("workload.question_tokens", questionTokens, 1, null);
      outputTokens = Checks.atLeast("workload.output_tokens", outputTokens, 1, null);
      stored = stored != null && stored;
      long tokens = (long) prefixTokens + questionTokens + outputTokens;
      if (tokens > Trace.MAX_TOKENS) {
        throw new IllegalArgumentException(
            "workload.prefix_tokens, question_tokens and output_tokens are "
                + tokens
                + " together: at most "
                + Trace.MAX_TOKENS);
      }
    }
  }

  private static void refuse(String kind, boolean otherFields) {
    if (otherFields) {
      throw new IllegalArgumentException(
          "workload is of " + kind + " and has fields of the other kind: one of them");
    }
  }

  Workload open(int chunkTokens, long seed) throws IOException {
    OptionalInt underWay = concurrency == null ? OptionalInt.empty() : OptionalInt.of(concurrency);
    if (requests != null) {
      return new GeneratedWorkload(
          new GeneratedWorkload.Shape(
              requests,
              requestsPerSecond == null ? 1 : requestsPerSecond,
              underWay,
              prefixes,
              hitShare,
              zipf,
              prefixTokens,
              questionTokens,
              outputTokens,
              stored),
          chunkTokens,
          seed);
    }
    if (trace == null) {
      throw new IllegalArgumentException("workload.trace is missing: name a file with --trace");
    }
    return new TraceWorkload(
        Trace.read(Path.of(trace), blockTokens), outputs, timeScale, repeat, underWay);
  }
}
