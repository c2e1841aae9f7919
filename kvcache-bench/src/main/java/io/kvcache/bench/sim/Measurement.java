package io.kvcache.bench.sim;

import java.util.Optional;

/** Collects what the measured requests of a run met. */
final class Measurement {
  private static final double SECONDS_OF_AN_HOUR = 3_600;

  private final EventQueue events;
  private final int firstMeasured;
  private final int blockTokens;
  private final double[] ttfts;
  private final double[] latencies;
  private int firstTokens;
  private int ended;
  private long refused;
  private long promptTokens;
  private long outputTokens;
  private long hbmTokens;
  private long dramTokens;
  private long fileTokens;

  /** At the arrival of the first measured request. */
  private double start;

  private double lastEnd;
  private double workedBefore;
  private double readBefore;
  private double writtenBefore;

  private int inSystem;
  private double changed;
  private double inSystemSeconds;

  Measurement(EventQueue events, int requests, int firstMeasured, int blockTokens) {
    this.events = events;
    this.firstMeasured = firstMeasured;
    this.blockTokens = blockTokens;
    ttfts = new double[requests - firstMeasured];
    latencies = new double[requests - firstMeasured];
  }

  boolean isMeasured(int index) {
    return index >= firstMeasured;
  }

  void arrives(int index, Node[] nodes, Optional<FileTier> files) {
    count(1);
    if (index == firstMeasured) {
      start = events.now();
      inSystemSeconds = 0;
      workedBefore = worked(nodes);
      readBefore = files.map(tier -> tier.reads.moved()).orElse(0.0);
      writtenBefore = files.map(tier -> tier.writes.moved()).orElse(0.0);
    }
  }

  private void count(int change) {
    inSystemSeconds += inSystem * (events.now() - changed);
    changed = events.now();
    inSystem += change;
  }

  private static double worked(Node[] nodes) {
    double sum = 0;
    for (Node node : nodes) {
      sum += node.engine.worked();
    }
    return sum;
  }

  void firstToken(SimRequest request) {
    if (!request.measured) {
      return;
    }
    ttfts[firstTokens++] = events.now() - request.arrived;
    promptTokens += request.path.inputTokens();
    int fromFiles = request.fromFilesystem.get(request.inHbm, request.reused).cardinality();
    hbmTokens += (long) request.inHbm * blockTokens;
    fileTokens += (long) fromFiles * blockTokens;
    dramTokens += (long) (request.reused - request.inHbm - fromFiles) * blockTokens;
  }

  void ended(SimRequest request) {
    count(-1);
    lastEnd = events.now();
    if (request.measured) {
      latencies[ended++] = events.now() - request.arrived;
      outputTokens += request.outputTokens();
    }
  }

  void refused(SimRequest request) {
    count(-1);
    lastEnd = events.now();
    refused += request.measured ? 1 : 0;
  }

  SimResult result(Scenario scenario, Node[] nodes, Optional<FileTier> files) {
    double seconds = Math.max(0, lastEnd - start);
    int longest = 0;
    for (Node node : nodes) {
      longest = Math.max(longest, node.longestQueue());
    }
    double worked = worked(nodes) - workedBefore;
    double hours = (double) scenario.acceleratorsPerNode() / SECONDS_OF_AN_HOUR;
    return new SimResult(
        ended,
        refused,
        seconds,
        Distribution.of(ttfts, firstTokens),
        Distribution.of(latencies, ended),
        ratio(ended, seconds),
        ratio(promptTokens, seconds),
        ratio(outputTokens, seconds),
        ratio(hbmTokens + dramTokens + fileTokens, promptTokens),
        ratio(hbmTokens, promptTokens),
        ratio(dramTokens, promptTokens),
        ratio(fileTokens, promptTokens),
        hours * nodes.length * seconds,
        hours * worked,
        ratio(worked, nodes.length * seconds),
        files.map(tier -> tier.reads.moved() - readBefore).orElse(0.0),
        files.map(tier -> tier.writes.moved() - writtenBefore).orElse(0.0),
        files.map(tier -> tier.reads.fastest()).orElse(0.0),
        ratio(inSystemSeconds, seconds),
        longest);
  }

  private static double ratio(double part, double whole) {
    return whole == 0 ? 0 : part / whole;
  }
}
