package io.kvcache.bench.sim;

import java.util.List;

/**
 * A cluster, a workload and what else a run depends on, as a scenario's file says it; the package
 * page explains each field.
 */
public record Scenario(
    String description,
    List<String> assumptions,
    String model,
    String accelerator,
    String precision,
    LinearCost cost,
    Integer nodes,
    Integer acceleratorsPerNode,
    Integer chunkTokens,
    Hbm hbm,
    Dram dram,
    Filesystem filesystem,
    Double lookupSeconds,
    Double overheadSeconds,
    Routing routing,
    Batch batch,
    WorkloadSpec workload,
    Double warmUp) {

  private static final int DEFAULT_CHUNK = 256;

  /** Each has its tiers, and each is asked about every request. */
  private static final int MOST_NODES = 10_000;

  private static final int MOST_ACCELERATORS = 1_024;

  /** Checks, and fills in what was left out. */
  public Scenario {
    assumptions = assumptions == null ? List.of() : List.copyOf(assumptions);
    nodes = Checks.between("nodes", nodes, 1, MOST_NODES, null);
    acceleratorsPerNode =
        Checks.between("accelerators_per_node", acceleratorsPerNode, 1, MOST_ACCELERATORS, null);
    chunkTokens = Checks.atLeast("chunk_tokens", chunkTokens, 1, DEFAULT_CHUNK);
    hbm = hbm == null ? new Hbm(null, null) : hbm;
    lookupSeconds = Checks.notNegative("lookup_seconds", lookupSeconds, 0.0);
    overheadSeconds = Checks.notNegative("overhead_seconds", overheadSeconds, 0.0);
    routing = routing == null ? new Routing(null, null) : routing;
    batch = batch == null ? new Batch(null, null, null) : batch;
    workload = Checks.given("workload", workload);
    warmUp = Checks.notNegative("warm_up", warmUp, 0.0);
    if (warmUp >= 1) {
      throw new IllegalArgumentException("warm_up is " + warmUp + ": a share, less than 1");
    }
  }

  /**
   * High-bandwidth memory of a node.
   *
   * @param kvBytes what there is for keys and values; null for what the model leaves
   * @param cache whether what requests leave there is found by later ones
   */
  public record Hbm(Double kvBytes, Boolean cache) {
    /** Checks, and fills in what was left out. */
    public Hbm {
      kvBytes = kvBytes == null ? null : Checks.positive("hbm.kv_bytes", kvBytes, null);
      cache = cache == null || cache;
    }
  }

  /**
   * Host memory of a node.
   *
   * @param bytes what the cache may have
   * @param linkBytesPerSecond between it and the accelerators, all of them together; null for what
   *     the accelerators have
   */
  public record Dram(Double bytes, Double linkBytesPerSecond) {
    /** Checks, and fills in what was left out. */
    public Dram {
      bytes = Checks.positive("dram.bytes", bytes, null);
      linkBytesPerSecond =
          linkBytesPerSecond == null
              ? null
              : Checks.positive("dram.link_bytes_per_second", linkBytesPerSecond, null);
    }
  }

  /**
   * The filesystem that all nodes share.
   *
   * @param capacityBytes what the cache may have
   * @param readBytesPerSecond of all nodes together; left out for no limit
   * @param writeBytesPerSecond the same for writes; left out for writes that take no time
   * @param nodeBytesPerSecond of one node, reads and writes each; left out for no limit
   * @param requestSeconds before the first byte of a restore comes
   */
  public record Filesystem(
      Double capacityBytes,
      Double readBytesPerSecond,
      Double writeBytesPerSecond,
      Double nodeBytesPerSecond,
      Double requestSeconds) {
    /** Checks, and fills in what was left out. */
    public Filesystem {
      capacityBytes = Checks.positive("filesystem.capacity_bytes", capacityBytes, null);
      readBytesPerSecond = rate("read", readBytesPerSecond);
      writeBytesPerSecond = rate("write", writeBytesPerSecond);
      nodeBytesPerSecond = rate("node", nodeBytesPerSecond);
      requestSeconds = Checks.notNegative("filesystem.request_seconds", requestSeconds, 0.0);
    }

    private static Double rate(String what, Double value) {
      return Checks.positive(
          "filesystem." + what + "_bytes_per_second", value, Double.POSITIVE_INFINITY);
    }
  }

  /**
   * Which node serves a request.
   *
   * @param kind prefix, random or least-loaded
   * @param prefixWeight what a whole prefix in a node's memory is worth, where being the least
   *     loaded node instead of the most loaded is worth 1
   */
  public record Routing(Kind kind, Double prefixWeight) {
    /** Three to two: the weights that llm-d's guides give its prefix and its queue scorer. */
    private static final double DEFAULT_WEIGHT = 1.5;

    /** How nodes are chosen. */
    public enum Kind {
      /** By what its memory holds of the prefix, and by its load. */
      PREFIX,
      /** By chance. */
      RANDOM,
      /** The one with the fewest requests. */
      LEAST_LOADED
    }

    /** Checks, and fills in what was left out. */
    public Routing {
      kind = kind == null ? Kind.PREFIX : kind;
      prefixWeight = Checks.notNegative("routing.prefix_weight", prefixWeight, DEFAULT_WEIGHT);
    }
  }

  /**
   * How a node batches.
   *
   * @param maxSequences in a batch, those in prefill included
   * @param stepTokens prompt tokens of a step, with a decode step of the batch beside them; 0 for
   *     whole prompts, one at a time, while decoding waits
   * @param ahead requests that may wait for their prefill in the accelerators' memory
   */
  public record Batch(Integer maxSequences, Integer stepTokens, Integer ahead) {
    private static final int DEFAULT_SEQUENCES = 256;
    private static final int DEFAULT_STEP = 8_192;
    private static final int DEFAULT_AHEAD = 2;

    /** Checks, and fills in what was left out. */
    public Batch {
      maxSequences = Checks.atLeast("batch.max_sequences", maxSequences, 1, DEFAULT_SEQUENCES);
      stepTokens = Checks.atLeast("batch.step_tokens", stepTokens, 0, DEFAULT_STEP);
      ahead = Checks.atLeast("batch.ahead", ahead, 1, DEFAULT_AHEAD);
    }
  }
}
