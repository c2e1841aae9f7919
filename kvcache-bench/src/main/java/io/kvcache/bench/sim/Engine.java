package io.kvcache.bench.sim;

import io.kvcache.bench.replay.CountedTier;
import io.kvcache.tier.LruPolicy;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.TreeSet;

/**
 * A node's accelerators with continuous batching: steps that compute pieces of prompts, with a
 * decode step of the running batch beside them, and decode steps alone when no prompt waits.
 *
 * <p>The accelerators' memory bounds the batch: a request takes room for its prompt and its whole
 * output before its prefill, less what it finds there. Decode steps have no events of their own:
 * nothing changes in a batch until its next sequence ends or a prompt comes in between, so they are
 * one event, which is brought forward to the end of the step under way if a prompt comes.
 */
final class Engine {
  private final Node node;
  private final EventQueue events;
  private final ServingCost cost;
  private final Scenario.Batch batch;
  private final int chunkTokens;
  private final double chunkBytes;
  private final Served served;
  private final Optional<CountedTier> hbm;
  private final int hbmChunks;
  private final boolean cached;
  private final SharedLink link;

  /** Those whose prefix is at hand, first come first. */
  private final TreeSet<SimRequest> waiting = new TreeSet<>();

  private final ArrayDeque<SimRequest> prefilling = new ArrayDeque<>();
  private final PriorityQueue<SimRequest> running =
      new PriorityQueue<>(
          Comparator.<SimRequest>comparingLong(r -> r.lastStep).thenComparingInt(r -> r.index));
  private int copying;
  private boolean full;

  /** Decode steps since the beginning, and what the running batch has as context. */
  private long steps;

  private long context;

  private Work work = Work.NONE;
  private double workingSince;
  private double worked;
  private double decodingSince;
  private long decodeSteps;
  private long version;

  private enum Work {
    NONE,
    PREFILL,
    DECODE
  }

  Engine(
      Node node,
      EventQueue events,
      Scenario scenario,
      ServingCost cost,
      double chunkBytes,
      int chunkTokens,
      Served served) {
    this.node = node;
    this.events = events;
    this.cost = cost;
    this.batch = scenario.batch();
    this.chunkTokens = chunkTokens;
    this.chunkBytes = chunkBytes;
    this.served = served;
    Double given = scenario.hbm().kvBytes();
    double space = given == null ? cost.kvSpaceBytes() : given;
    boolean limited = Double.isFinite(space);
    hbmChunks = limited ? Capacity.chunks("hbm.kv_bytes", space, chunkBytes) : Integer.MAX_VALUE;
    hbm = limited ? Optional.of(new CountedTier(hbmChunks, LruPolicy::new)) : Optional.empty();
    cached = scenario.hbm().cache();
    Double linkGiven = scenario.dram() == null ? null : scenario.dram().linkBytesPerSecond();
    double linkRate = linkGiven == null ? cost.hostBytesPerSecond() : linkGiven;
    link = new SharedLink(events, 1, linkRate, Double.POSITIVE_INFINITY);
  }

  /** Leading blocks of a prompt that the accelerators have. */
  int leading(SimRequest request) {
    return cached ? hbm.map(tier -> tier.leading(request.prompt)).orElse(0) : 0;
  }

  /** Seconds in which the accelerators computed. */
  double worked() {
    return worked + (work == Work.NONE ? 0 : events.now() - workingSince);
  }

  /** Whether a request fits the accelerators' memory when nothing else is there. */
  boolean couldHold(SimRequest request) {
    return chunks(request) <= hbmChunks;
  }

  /** What a request needs is at the node: it waits for its turn. */
  void enqueue(SimRequest request) {
    waiting.add(request);
    wake();
  }

  private int chunks(SimRequest request) {
    return (int) Math.max(1, ((long) request.path.totalTokens() + chunkTokens - 1) / chunkTokens);
  }

  private void wake() {
    admit();
    if (work == Work.NONE) {
      work();
    } else if (work == Work.DECODE && !prefilling.isEmpty()) {
      interruptDecoding();
    }
  }

  private void admit() {
    while (!full && !waiting.isEmpty() && hasPlace()) {
      SimRequest request = waiting.first();
      if (!reserve(request)) {
        full = true;
        return;
      }
      waiting.remove(request);
      if (!node.find(request, request.inHbm)) {
        // Somebody stored more of it, or HBM lost some: that is read first. It comes back through
        // enqueue.
        release(request);
        continue;
      }
      copying++;
      node.leftQueue();
      request.reused = request.atHand(request.inHbm);
      int blocks = request.reused - request.inHbm;
      if (link.isUnlimited()) {
        link.count(blocks * chunkBytes);
        copied(request);
      } else {
        link.transfer(
            0,
            blocks * chunkBytes,
            () -> {
              copied(request);
              wake();
            });
      }
    }
  }

  private boolean hasPlace() {
    int ahead = copying + prefilling.size();
    return ahead < batch.ahead() && running.size() + ahead < batch.maxSequences();
  }

  private boolean reserve(SimRequest request) {
    if (hbm.isEmpty()) {
      return true;
    }
    CountedTier.Hold hold = hbm.get().hold(request.all);
    if (!hold.reserve(Math.max(0, chunks(request) - hold.blocks()))) {
      hold.close();
      return false;
    }
    request.hbm = hold;
    request.inHbm = Math.min(hold.blocks(), request.path.inputBlocks());
    return true;
  }

  private void release(SimRequest request) {
    if (request.hbm != null) {
      request.hbm.close();
      request.hbm = null;
      request.inHbm = 0;
    }
    full = false;
  }

  private void copied(SimRequest request) {
    copying--;
    request.newTokens = request.path.inputTokens() - reusedTokens(request);
    prefilling.add(request);
  }

  // The last token of a prompt is always computed: its logits give the first one of the output.
  private long reusedTokens(SimRequest request) {
    return Math.min(
        (long) request.reused * chunkTokens, Math.max(0, request.path.inputTokens() - 1));
  }

  private void work() {
    Work before = work;
    if (!prefilling.isEmpty()) {
      prefill();
    } else if (!running.isEmpty()) {
      decode();
    } else {
      work = Work.NONE;
    }
    if (before == Work.NONE && work != Work.NONE) {
      workingSince = events.now();
    } else if (before != Work.NONE && work == Work.NONE) {
      worked += events.now() - workingSince;
    }
  }

  private void prefill() {
    work = Work.PREFILL;
    boolean whole = batch.stepTokens() == 0;
    long room = whole ? Long.MAX_VALUE : batch.stepTokens();
    double seconds = 0;
    for (SimRequest request : prefilling) {
      long piece = Math.min(room, request.newTokens - request.prefilled);
      seconds += seconds(request, piece);
      request.prefilled += piece;
      room -= piece;
      if (whole || room == 0) {
        break;
      }
    }
    boolean decodes = !whole && !running.isEmpty();
    if (decodes) {
      seconds += cost.decode().seconds(running.size(), context);
    }
    events.in(seconds, () -> prefillEnded(decodes));
  }

  /**
   * Of a piece, behind what is there and was computed before: what grows with that is paid again in
   * every piece, as expanding latents is; what each prefill costs, once.
   */
  private double seconds(SimRequest request, long piece) {
    if (piece == 0 && request.newTokens > 0) {
      return 0;
    }
    long before = reusedTokens(request) + request.prefilled;
    double again = request.prefilled == 0 ? 0 : cost.prefill().seconds(0, before);
    return cost.prefill().seconds(piece, before) - again;
  }

  private void prefillEnded(boolean decoded) {
    if (decoded) {
      decoded(1);
    }
    while (!prefilling.isEmpty() && prefilling.peek().prefilled == prefilling.peek().newTokens) {
      firstToken(prefilling.poll());
    }
    admit();
    work();
  }

  private void firstToken(SimRequest request) {
    request.firstToken = events.now();
    if (cached && request.hbm != null) {
      request.hbm.fill(request.path.inputBlocks());
    }
    node.prefilled(request);
    served.firstToken(request);
    if (request.outputTokens() <= 1) {
      ended(request);
    } else {
      request.lastStep = steps + request.outputTokens() - 1;
      context += request.path.inputTokens();
      running.add(request);
    }
  }

  private void decode() {
    work = Work.DECODE;
    decodingSince = events.now();
    decodeSteps = running.peek().lastStep - steps;
    decodeUntil(decodeSteps);
  }

  private void decodeUntil(long count) {
    long current = ++version;
    events.at(
        decodingSince + decodeSeconds(count),
        () -> {
          if (version == current) {
            decoded(count);
            admit();
            work();
          }
        });
  }

  // Exact where a step's time grows evenly with the context.
  private double decodeSeconds(long count) {
    int sequences = running.size();
    return count * cost.decode().seconds(sequences, context + sequences * (count - 1) / 2);
  }

  private void interruptDecoding() {
    double passed = events.now() - decodingSince;
    long low = 1;
    long high = decodeSteps;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (decodeSeconds(middle) >= passed) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    if (low < decodeSteps) {
      decodeSteps = low;
      decodeUntil(low);
    }
  }

  private void decoded(long count) {
    steps += count;
    context += count * running.size();
    while (!running.isEmpty() && running.peek().lastStep <= steps) {
      SimRequest request = running.poll();
      context -= request.lastContext();
      ended(request);
    }
  }

  private void ended(SimRequest request) {
    if (request.hbm != null && cached) {
      request.hbm.fill(request.all.chunks());
    }
    release(request);
    node.generated(request);
    node.left();
    served.ended(request);
  }

  void close() {
    hbm.ifPresent(CountedTier::close);
  }
}
