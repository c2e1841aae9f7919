package io.kvcache.bench.sim;

import io.kvcache.PromptKeys;
import io.kvcache.bench.replay.CountedTier;
import io.kvcache.tier.LruPolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One node: its host memory, what is being read into that, and its engine. Requests look for their
 * prefix when they arrive, and what the filesystem has is read while they wait; they look again
 * when their turn comes, for what others stored meanwhile.
 */
final class Node {
  final int number;
  final Engine engine;
  private final Optional<CountedTier> dram;
  private final Optional<FileTier> files;
  private final Served served;

  /** Images that are in host memory by name, while their bytes are still coming. */
  private final Map<Object, Load> coming = new HashMap<>();

  private int requests;
  private int waiting;
  private int longestQueue;

  /** One read from the filesystem, and who waits for it. */
  private static final class Load {
    final List<SimRequest> waiters = new ArrayList<>();
    final List<Object> images = new ArrayList<>();
  }

  Node(
      int number,
      EventQueue events,
      Scenario scenario,
      ServingCost cost,
      double chunkBytes,
      int chunkTokens,
      Optional<FileTier> files,
      Served served) {
    this.number = number;
    this.files = files;
    this.served = served;
    dram =
        Optional.ofNullable(scenario.dram())
            .map(
                d ->
                    new CountedTier(
                        Capacity.chunks("dram.bytes", d.bytes(), chunkBytes), LruPolicy::new));
    engine = new Engine(this, events, scenario, cost, chunkBytes, chunkTokens, served);
  }

  /** How many requests it has, waiting or in the batch. */
  int requests() {
    return requests;
  }

  /** The most requests that waited here for their prefill to begin. */
  int longestQueue() {
    return longestQueue;
  }

  /** Leading blocks of a prompt in its memory, of whatever kind. */
  int leading(SimRequest request) {
    int inDram = dram.map(tier -> tier.leading(request.prompt)).orElse(0);
    return Math.max(inDram, engine.leading(request));
  }

  /** The router chose this node. */
  void assigned(SimRequest request) {
    request.node = this;
    requests++;
    longestQueue = Math.max(longestQueue, ++waiting);
  }

  /** Its prefill begins, or it is refused. */
  void leftQueue() {
    waiting--;
  }

  /** It has its last token, or is refused. */
  void left() {
    requests--;
  }

  /** Looks a new request up, and queues it once what it needs is there. */
  void lookUp(SimRequest request) {
    if (!engine.couldHold(request)) {
      leftQueue();
      left();
      served.refused(request);
      return;
    }
    request.dram = dram.map(tier -> tier.hold(request.prompt)).orElse(null);
    if (request.dram != null) {
      waitForComing(request, 0, request.dram.blocks());
    }
    if (find(request, engine.leading(request))) {
      engine.enqueue(request);
    }
  }

  /**
   * Finds what came in since the last look; whether all of it is there now.
   *
   * @param inHbm leading blocks that the accelerators have
   */
  boolean find(SimRequest request, int inHbm) {
    if (request.dram != null) {
      int before = request.dram.blocks();
      waitForComing(request, before, request.dram.extend());
    }
    files.ifPresent(tier -> read(tier, request, inHbm));
    return request.pendingLoads == 0;
  }

  private void waitForComing(SimRequest request, int from, int to) {
    if (coming.isEmpty()) {
      return;
    }
    Set<Load> loads = new HashSet<>();
    for (int b = from; b < to; b++) {
      Load load = coming.get(request.dram.image(b));
      if (load != null) {
        request.fromFilesystem.set(b);
        if (loads.add(load)) {
          load.waiters.add(request);
          request.pendingLoads++;
        }
      }
    }
  }

  private void read(FileTier tier, SimRequest request, int inHbm) {
    int there = request.atHand(inHbm);
    if (there >= request.path.inputBlocks()) {
      return;
    }
    CountedTier.Hold held = tier.chunks.hold(request.prompt);
    int found = held.blocks();
    if (found <= there) {
      held.close();
      return;
    }
    int missing = found - there - request.fromFilesystem.get(there, found).cardinality();
    request.fromFilesystem.set(there, found);
    Load load = new Load();
    load.waiters.add(request);
    request.pendingLoads++;
    keep(request, found, load);
    tier.read(number, missing, held, () -> ended(load));
  }

  /** Has it in host memory too, as far as there is room, unless the front is in HBM alone. */
  private void keep(SimRequest request, int found, Load load) {
    if (request.dram == null || request.atHand(0) < found) {
      return;
    }
    int before = request.dram.blocks();
    request.dram.fill(found);
    for (int b = before; b < request.dram.blocks(); b++) {
      load.images.add(request.dram.image(b));
      coming.put(request.dram.image(b), load);
    }
  }

  private void ended(Load load) {
    load.images.forEach(coming::remove);
    for (SimRequest request : load.waiters) {
      if (--request.pendingLoads == 0) {
        engine.enqueue(request);
      }
    }
  }

  /** The prompt is computed: what was missing of it is stored. */
  void prefilled(SimRequest request) {
    if (request.dram != null) {
      request.dram.fill(request.path.inputBlocks());
      request.dram.close();
      request.dram = null;
    }
    files.ifPresent(
        tier -> {
          request.promptIsWritten = false;
          tier.write(number, request.prompt, 0, () -> promptWritten(tier, request));
        });
  }

  private void promptWritten(FileTier tier, SimRequest request) {
    request.promptIsWritten = true;
    if (request.isGenerated) {
      writeOutput(tier, request);
    }
  }

  private void writeOutput(FileTier tier, SimRequest request) {
    tier.write(number, request.all, request.path.inputBlocks(), () -> {});
  }

  /** So is what was generated; in the filesystem it comes after its prompt. */
  void generated(SimRequest request) {
    request.isGenerated = true;
    dram.ifPresent(
        tier -> {
          try (CountedTier.Hold hold = tier.hold(request.all)) {
            hold.fill(request.all.chunks());
          }
        });
    if (request.promptIsWritten) {
      files.ifPresent(tier -> writeOutput(tier, request));
    }
  }

  /** Was computed here before the run. */
  void store(PromptKeys keys) {
    dram.ifPresent(
        tier -> {
          try (CountedTier.Hold hold = tier.hold(keys)) {
            hold.fill(keys.chunks());
          }
        });
    files.ifPresent(tier -> tier.store(keys));
  }

  void close() {
    dram.ifPresent(CountedTier::close);
    engine.close();
  }
}
