package io.kvcache.bench.sim;

import io.kvcache.PromptKeys;
import io.kvcache.bench.replay.CountedTier;
import io.kvcache.tier.LruPolicy;

/** The filesystem that all nodes share: what it holds, and its bandwidth. */
final class FileTier {
  final CountedTier chunks;
  final SharedLink reads;
  final SharedLink writes;
  private final EventQueue events;
  private final int capacity;
  private final double requestSeconds;
  private final double chunkBytes;

  FileTier(EventQueue events, Scenario.Filesystem settings, int nodes, double chunkBytes) {
    this.events = events;
    this.requestSeconds = settings.requestSeconds();
    this.chunkBytes = chunkBytes;
    double perNode = settings.nodeBytesPerSecond();
    capacity = Capacity.chunks("filesystem.capacity_bytes", settings.capacityBytes(), chunkBytes);
    chunks = new CountedTier(capacity, LruPolicy::new);
    reads = new SharedLink(events, nodes, settings.readBytesPerSecond(), perNode);
    boolean timed = Double.isFinite(settings.writeBytesPerSecond());
    writes =
        new SharedLink(
            events,
            nodes,
            settings.writeBytesPerSecond(),
            timed ? perNode : Double.POSITIVE_INFINITY);
  }

  /** Reads blocks for a node, and then lets go of what it holds of them. */
  void read(int node, int blocks, CountedTier.Hold held, Runnable done) {
    events.in(
        requestSeconds,
        () ->
            reads.transfer(
                node,
                blocks * chunkBytes,
                () -> {
                  held.close();
                  done.run();
                }));
  }

  /**
   * Writes a path's blocks that are not there, from one on; the others count as used. They are
   * found there when the write is through, unless what is before them was evicted meanwhile.
   *
   * @param from blocks before this one are no business of this write
   * @param done runs when the write is through
   */
  void write(int node, PromptKeys keys, int from, Runnable done) {
    int first = Math.max(from, chunks.leading(keys));
    double bytes = Math.max(0, Math.min(capacity, keys.chunks()) - first) * chunkBytes;
    Runnable through =
        () -> {
          publish(keys, first);
          done.run();
        };
    if (bytes == 0 || writes.isUnlimited()) {
      writes.count(bytes);
      through.run();
    } else {
      writes.transfer(node, bytes, through);
    }
  }

  private void publish(PromptKeys keys, int first) {
    try (CountedTier.Hold hold = chunks.hold(keys)) {
      if (hold.blocks() >= first) {
        hold.fill(keys.chunks());
      }
    }
  }

  /** Has them there, at once. */
  void store(PromptKeys keys) {
    publish(keys, 0);
  }
}
