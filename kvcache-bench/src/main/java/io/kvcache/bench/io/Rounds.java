package io.kvcache.bench.io;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;

/**
 * Lets sides take turns, so that all of them meet the same moods of the disk: in each round each
 * writes and each reads, and which goes first changes from round to round. One round before is not
 * counted; what it wrote is compared to the last byte.
 */
final class Rounds {
  private final List<IoSide> sides;
  private final int images;
  private final RunWatch watch;
  private final Map<IoSide, List<Measured>> writes = new LinkedHashMap<>();
  private final Map<IoSide, List<Measured>> reads = new LinkedHashMap<>();
  private final Map<IoSide, Integer> verified = new LinkedHashMap<>();
  private long done;
  private boolean interrupted;

  /**
   * @param images images of each side
   */
  Rounds(List<? extends IoSide> sides, int images, RunWatch watch) {
    this.sides = List.copyOf(sides);
    this.images = images;
    this.watch = watch;
    for (IoSide side : sides) {
      writes.put(side, new ArrayList<>());
      reads.put(side, new ArrayList<>());
      verified.put(side, 0);
    }
  }

  /** Steps of the whole run, as the watch counts them. */
  static long steps(int sides, int images, int rounds) {
    return (long) sides * images * (2L * (rounds + 1) + 1);
  }

  /** Runs; ends early, with what it has, if the watch says so. */
  void run(int rounds) throws IOException, InterruptedException {
    try {
      round(sides, true);
      List<IoSide> order = new ArrayList<>(sides);
      for (int i = 0; i < rounds; i++) {
        round(order, false);
        Collections.rotate(order, 1);
      }
    } catch (CancellationException e) {
      interrupted = true;
    }
  }

  /** Whether the watch ended it. */
  boolean interrupted() {
    return interrupted;
  }

  private void round(List<IoSide> order, boolean first) throws IOException, InterruptedException {
    for (IoSide side : order) {
      side.remove();
      Measured pass = side.write(watch.after(done));
      step();
      if (!first) {
        writes.get(side).add(pass);
      }
    }
    for (IoSide side : order) {
      Measured pass = side.read(watch.after(done));
      step();
      if (!first) {
        reads.get(side).add(pass);
      }
    }
    if (first) {
      for (IoSide side : order) {
        verified.put(side, side.verify(watch.after(done)));
        step();
      }
    }
  }

  private void step() {
    done += images;
    if (!watch.goOn(done)) {
      throw new CancellationException("ended after " + done + " images");
    }
  }

  /** What a side did so far: as many writes as reads. */
  SideResult result(IoSide side) {
    List<Measured> read = reads.get(side);
    List<Measured> written = writes.get(side).subList(0, read.size());
    return new SideResult(side.name(), written, read, verified.get(side));
  }
}
