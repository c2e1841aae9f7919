package io.kvcache.bench.sim;

import java.util.SplittableRandom;

/** Chooses the node for each request. */
final class Router {
  private final Scenario.Routing settings;
  private final Node[] nodes;
  private final SplittableRandom random;

  Router(Scenario.Routing settings, Node[] nodes, long seed) {
    this.settings = settings;
    this.nodes = nodes;
    this.random = new SplittableRandom(seed);
  }

  /** Of equally good nodes the one with the fewest requests, then the first. */
  Node route(SimRequest request) {
    if (settings.kind() == Scenario.Routing.Kind.RANDOM) {
      return nodes[random.nextInt(nodes.length)];
    }
    int least = Integer.MAX_VALUE;
    int most = 0;
    for (Node node : nodes) {
      least = Math.min(least, node.requests());
      most = Math.max(most, node.requests());
    }
    boolean byPrefix = settings.kind() == Scenario.Routing.Kind.PREFIX;
    double weight = settings.prefixWeight() / Math.max(1, request.path.inputBlocks());
    Node best = null;
    double bestScore = 0;
    for (Node node : nodes) {
      double score = (double) (most - node.requests()) / Math.max(1, most - least);
      if (byPrefix) {
        score += weight * node.leading(request);
      }
      if (best == null
          || score > bestScore
          || score == bestScore && node.requests() < best.requests()) {
        best = node;
        bestScore = score;
      }
    }
    return best;
  }
}
