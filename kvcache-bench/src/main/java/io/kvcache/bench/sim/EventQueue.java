package io.kvcache.bench.sim;

import java.util.PriorityQueue;

/** Virtual time in seconds, and what happens when. Equal times happen in the order of asking. */
final class EventQueue {
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private double now;
  private long asked;

  private record Event(double time, long order, Runnable what) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Double.compare(time, other.time);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  double now() {
    return now;
  }

  /**
   * Has it happen then, or now if then is past.
   *
   * @throws IllegalArgumentException if then never comes
   */
  void at(double time, Runnable what) {
    if (!Double.isFinite(time)) {
      throw new IllegalArgumentException(
          "something would happen after "
              + time
              + " s: a time, a size or a bandwidth of the scenario is too large or too small");
    }
    events.add(new Event(Math.max(time, now), asked++, what));
  }

  /** The same, counted from now. */
  void in(double seconds, Runnable what) {
    at(now + seconds, what);
  }

  /** Lets the next thing happen; false if there is none. */
  boolean next() {
    Event event = events.poll();
    if (event == null) {
      return false;
    }
    now = event.time;
    event.what.run();
    return true;
  }
}
