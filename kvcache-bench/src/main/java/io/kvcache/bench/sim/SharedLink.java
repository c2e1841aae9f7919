package io.kvcache.bench.sim;

import java.util.PriorityQueue;

/**
 * Bandwidth that all nodes share, each limited to its own: every transfer under way gets the same
 * rate, but where its node's limit leaves it less; what that leaves over goes to the others.
 *
 * <p>A node's transfers all have one rate, so one counter says how much each has got since the
 * beginning, and a transfer ends when the counter has grown by its size: an arrival costs a
 * logarithm, not a pass over all transfers.
 */
final class SharedLink {
  private final EventQueue events;
  private final double total;
  private final double perNode;
  private final Lane[] lanes;
  private double last;
  private double moved;
  private double fastest;
  private long version;

  /** Transfers of one node. */
  private static final class Lane {
    final PriorityQueue<Transfer> transfers = new PriorityQueue<>();

    /** Bytes that each transfer would have got if it had been there from the beginning. */
    double served;

    /** Of each transfer. */
    double rate;
  }

  private record Transfer(double end, long order, Runnable done) implements Comparable<Transfer> {
    @Override
    public int compareTo(Transfer other) {
      int byEnd = Double.compare(end, other.end);
      return byEnd != 0 ? byEnd : Long.compare(order, other.order);
    }
  }

  private long order;

  /**
   * @param total bytes per second of all; infinite for no limit
   * @param perNode bytes per second of each node; infinite for no limit
   */
  SharedLink(EventQueue events, int nodes, double total, double perNode) {
    this.events = events;
    this.total = total;
    this.perNode = perNode;
    lanes = new Lane[nodes];
    for (int n = 0; n < nodes; n++) {
      lanes[n] = new Lane();
    }
  }

  /** Moves bytes for a node; {@code done} runs in an event of its own. */
  void transfer(int node, double bytes, Runnable done) {
    advance();
    if (isUnlimited() || bytes <= 0) {
      count(bytes);
      events.in(0, done);
      return;
    }
    Lane lane = lanes[node];
    lane.transfers.add(new Transfer(lane.served + bytes, order++, done));
    share();
  }

  /** Whether transfers take no time. */
  boolean isUnlimited() {
    return Double.isInfinite(Math.min(total, perNode));
  }

  /** Counts bytes that moved in no time. */
  void count(double bytes) {
    moved += Math.max(0, bytes);
  }

  /** Bytes moved so far, those of transfers under way included. */
  double moved() {
    advance();
    return moved;
  }

  /** The highest rate that all transfers together ever had, in bytes per second. */
  double fastest() {
    return fastest;
  }

  private void advance() {
    double passed = events.now() - last;
    last = events.now();
    if (passed > 0) {
      for (Lane lane : lanes) {
        lane.served += lane.rate * passed;
        moved += lane.rate * passed * lane.transfers.size();
      }
    }
  }

  /** Sets all rates, and the event of the transfer that ends first. */
  private void share() {
    int waiting = 0;
    for (Lane lane : lanes) {
      lane.rate = -1;
      waiting += lane.transfers.size();
    }
    double left = total;
    boolean limited = true;
    while (limited) {
      limited = false;
      for (Lane lane : lanes) {
        int n = lane.transfers.size();
        if (lane.rate < 0 && n > 0 && perNode / n <= left / waiting) {
          lane.rate = perNode / n;
          left -= perNode;
          waiting -= n;
          limited = true;
        }
      }
    }
    double sum = 0;
    double soonest = Double.POSITIVE_INFINITY;
    Lane first = null;
    for (Lane lane : lanes) {
      if (lane.transfers.isEmpty()) {
        lane.rate = 0;
        continue;
      }
      lane.rate = lane.rate < 0 ? left / waiting : lane.rate;
      sum += lane.rate * lane.transfers.size();
      double ends = (lane.transfers.peek().end - lane.served) / lane.rate;
      if (first == null || ends < soonest) {
        soonest = ends;
        first = lane;
      }
    }
    fastest = Math.max(fastest, sum);
    version++;
    if (first != null) {
      Lane due = first;
      long current = version;
      events.in(
          Math.max(0, soonest),
          () -> {
            if (version == current) {
              end(due);
            }
          });
    }
  }

  private void end(Lane due) {
    advance();
    // What rounding left over would be an event at the same time, for ever.
    Transfer ended = due.transfers.poll();
    due.served = Math.max(due.served, ended.end);
    share();
    ended.done.run();
  }
}
