package io.kvcache.tier;

import io.kvcache.KvSink;
import io.kvcache.ShortenedBy;
import java.util.BitSet;

/**
 * One restore: goes over the images that the cut needs, full groups first, then window, then state,
 * and gives each to the engine once. Where one fails, the lease settles for less and the walk goes
 * on for what is new.
 *
 * <p><b>Streaming.</b> Images that are not held yet are read ahead while the engine takes the ones
 * before them: into the tier where it has room, else through its staging slots. Those are given
 * back as soon as their images are delivered, and all of them before this waits for one: see {@link
 * SlotTier} for why that cannot deadlock. So the front of a prompt that does not fit stays in
 * memory, and its tail streams through.
 *
 * <p>Used by one thread, which holds the lease's monitor.
 */
final class Restore {
  private final TieredLease lease;
  private final LeaseImages images;
  private final SlotTier dram;
  private final KvSink sink;
  private final Patience patience;
  private final BitSet[] done;
  private boolean streamed;

  Restore(TieredLease lease, KvSink sink, Patience patience) {
    this.lease = lease;
    this.images = lease.images;
    this.dram = lease.cache.dram;
    this.sink = sink;
    this.patience = patience;
    this.done = new BitSet[lease.cache.layout.groups().size()];
    for (int g = 0; g < done.length; g++) {
      done[g] = new BitSet();
    }
  }

  /**
   * Runs it.
   *
   * @return whether all of it is still held
   */
  boolean run() {
    try {
      while (!deliverAll()) {
        lease.checkWanted(patience);
      }
      return !streamed;
    } catch (RuntimeException | Error e) {
      // What the engine threw, or that nobody wants the rest: its copies must have ended even so.
      if (images.isStagedAtSink()) {
        awaitCopies(e);
      }
      throw e;
    } finally {
      images.dropStaged();
      images.orderPath();
    }
  }

  private void awaitCopies(Throwable thrownBefore) {
    try {
      sink.awaitCopies();
    } catch (RuntimeException | Error e) {
      if (e != thrownBefore) {
        thrownBefore.addSuppressed(e);
      }
    }
    images.copiesArrived();
  }

  private boolean deliverAll() {
    for (int g : lease.cache.deliveryOrder) {
      int first = lease.cuts.firstNeeded(g, lease.chunksNow());
      int end = lease.cuts.endNeeded(g, lease.chunksNow());
      int ahead = first;
      for (int i = first; i < end; i++) {
        lease.checkWanted(patience);
        ahead = readAhead(g, Math.max(ahead, i), end);
        if (done[g].get(i)) {
          continue;
        }
        ShortenedBy trouble = obtain(g, i);
        if (trouble != null) {
          lease.fallShort(g, i, trouble, patience);
          return false;
        }
        lease.deliver(g, i, sink, patience);
        done[g].set(i);
        if (images.isStaged(g, i)) {
          endStaging(g, i);
        }
      }
    }
    return true;
  }

  /**
   * Holds what comes next, as far as there are slots that nobody waits for.
   *
   * @param ahead first image that may not be held yet
   * @return the same after this
   */
  private int readAhead(int group, int ahead, int end) {
    int i = ahead;
    while (i < end && (done[group].get(i) || images.hold(group, i) || stage(group, i))) {
      i++;
    }
    return i;
  }

  private boolean stage(int group, int i) {
    StagingTurn turn = new StagingTurn();
    try {
      return images.stage(group, i, turn);
    } finally {
      dram.leave(turn);
    }
  }

  /** Waits for an image; null if it is held and there, else why it is not. */
  private ShortenedBy obtain(int group, int i) {
    ShortenedBy trouble = null;
    while (trouble == null) {
      trouble = images.holds(group, i) ? null : awaitSlot(group, i);
      if (trouble == null) {
        trouble = lease.await(group, i, patience);
        if (images.holds(group, i)) {
          return trouble;
        }
      }
    }
    return trouble;
  }

  /** Waits until there is a slot for an image; returns null, or why there was none. */
  private ShortenedBy awaitSlot(int group, int i) {
    images.dropStaged();
    StagingTurn turn = new StagingTurn();
    try {
      while (!images.stage(group, i, turn)) {
        if (dram.isClosed() || lease.cache.directory.isEmpty()) {
          return ShortenedBy.NO_ROOM;
        }
        if (!turn.isQueued()) {
          // Its name is taken by an image of another scope: this one cannot be there too.
          return ShortenedBy.MISS;
        }
        if (turn.isHopeless()) {
          return ShortenedBy.NO_ROOM;
        }
        ShortenedBy trouble = lease.waitFor(turn.called(), patience);
        if (trouble != null) {
          return trouble;
        }
      }
      return null;
    } finally {
      dram.leave(turn);
    }
  }

  private void endStaging(int group, int i) {
    sink.awaitCopies();
    images.copiesArrived();
    images.drop(group, i);
    streamed = true;
  }
}
