package io.kvcache.store;

import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.IoFault;
import io.kvcache.store.StampOrder.Cutoff;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One look at everything in the directory: learns the usage, removes what dead owners left, and as
 * far as its target says that there is too much, the coldest images.
 *
 * <p>Any number of passes may run in any number of processes: {@link StampOrder} says why they
 * never remove more than one would. Each goes through the shards in an order of its own, so that
 * they share the work; what is gone when its turn comes was removed by another. A stamp is looked
 * at once more right before its file goes: whoever used a chunk since the scan keeps it, as far as
 * this node can see. A filesystem may show it an older stamp, where a fresh one would be a question
 * to a server that may be down; then a chunk goes that another node has just used, and is a miss
 * there. Used by one thread, once.
 */
final class EvictionPass {
  private static final Logger log = LoggerFactory.getLogger(EvictionPass.class);
  private static final long LONGEST_JITTER_NANOS = 1_000_000_000L;

  private final DirectoryStore store;
  private final EvictionTarget target;
  private final boolean dryRun;
  private final Pace pace;
  private final SplittableRandom random;
  private final StampOrder order;
  private final DirectoryScan scan;

  private Owners owners;
  private Cutoff cutoff;
  private long imageBytes;
  private long deleted;
  private long bytesFreed;
  private long spared;
  private long gone;
  private long orphans;
  private long orphanBytes;
  private long failedDeletes;
  private boolean readOnly;

  EvictionPass(
      DirectoryStore store,
      EvictionTarget target,
      boolean dryRun,
      Pace pace,
      SplittableRandom random) {
    this.store = store;
    this.target = target;
    this.dryRun = dryRun;
    this.pace = pace;
    this.random = random;
    this.order = new StampOrder(store.stampIntervalMillis);
    this.scan = new DirectoryScan(store.io, store.root, pace::next);
  }

  /** Does it; ends early, with what was done so far, if the store closes. */
  EvictionReport run() {
    long start = System.nanoTime();
    owners = Owners.look(store);
    scan.walk(new Learning());
    long before = scan.bytes();
    long scanned = order.size();
    long after = before - orphanBytes;
    int failed = scan.failed();
    long keep = pace.isStopped() ? EvictionTarget.EVERYTHING : target.keep(after, imageBytes);
    if (keep != EvictionTarget.EVERYTHING) {
      cutoff = order.keeping(keep);
      jitter(System.nanoTime() - start);
      DirectoryScan second = evict();
      after = pace.isStopped() ? after - bytesFreed : second.bytes() - bytesFreed;
      failed = Math.max(failed, second.failed());
    }
    if (owners != null && failed == 0) {
      // Last, and not where their files may be left: who is unknown ages by each file instead.
      owners.deadFiles().forEach(file -> removeOrphan(file, 0));
    }
    return new EvictionReport(
        scanned,
        deleted,
        bytesFreed,
        before,
        after,
        dryRun,
        spared,
        gone,
        orphans,
        scan.foreign(),
        failed + failedDeletes,
        !pace.isStopped());
  }

  /** How many owners may write, ourselves included. */
  int owners() {
    return Owners.count(owners);
  }

  /** Entries that the scan came across. */
  long entries() {
    return scan.entries();
  }

  /** Whether it saw the whole directory, or so much of it that the rest can be estimated. */
  boolean learned() {
    return scan.anyListed() && !pace.isStopped();
  }

  /** Evictors that began at the same moment part here. */
  private void jitter(long scanNanos) {
    if (!dryRun) {
      pace.pause(random.nextLong(Math.max(1, Math.min(scanNanos, LONGEST_JITTER_NANOS))));
    }
  }

  private DirectoryScan evict() {
    int[] turns = new int[scan.shardCount()];
    for (int i = 0; i < turns.length; i++) {
      int j = random.nextInt(i + 1);
      turns[i] = turns[j];
      turns[j] = i;
    }
    DirectoryScan second = new DirectoryScan(store.io, store.root, pace::next);
    Removing removing = new Removing();
    for (int turn : turns) {
      second.shard(scan.shard(turn), removing);
    }
    return second;
  }

  private record Found(String name, long bytes) {}

  /** The first look: what there is, and what dead owners left. */
  private final class Learning implements DirectoryScan.Visitor {
    private final List<Found> left = new ArrayList<>();

    @Override
    public void image(String name, ImageName parts, long bytes, long modifiedMillis) {
      order.add(modifiedMillis, parts.index, parts.keyBits, bytes);
      imageBytes += bytes;
    }

    @Override
    public void temporary(String name, String owner, long bytes, long modifiedMillis) {
      if (owners != null && owners.isOrphan(owner, modifiedMillis)) {
        left.add(new Found(name, bytes));
      }
    }

    @Override
    public void leave(Path directory) {
      left.forEach(file -> removeOrphan(directory.resolve(file.name), file.bytes));
      left.clear();
    }
  }

  /** The second look, at one shard after the other: removes what is behind the cutoff. */
  private final class Removing implements DirectoryScan.Visitor {
    private final ImageName parts = new ImageName();
    private final List<Found> victims = new ArrayList<>();

    @Override
    public void image(String name, ImageName shown, long bytes, long modifiedMillis) {
      if (cutoff.removes(modifiedMillis, shown.index, shown.keyBits)) {
        victims.add(new Found(name, bytes));
      }
    }

    @Override
    public void temporary(String name, String owner, long bytes, long modifiedMillis) {
      // The first look has seen to those.
    }

    @Override
    public void leave(Path directory) {
      for (Found victim : victims) {
        if (readOnly || !pace.next() || !(dryRun || store.awaitUnlink())) {
          break;
        }
        removeIfCold(directory, victim);
      }
      victims.clear();
    }

    private void removeIfCold(Path directory, Found victim) {
      Path file = directory.resolve(victim.name);
      try {
        if (!dryRun) {
          parts.isImage(victim.name);
          if (!cutoff.removes(store.io.lastModified(file), parts.index, parts.keyBits)) {
            spared++;
            return;
          }
          store.io.delete(file);
          target.removed(victim.bytes);
        }
        deleted++;
        bytesFreed += victim.bytes;
      } catch (ChunkIoException e) {
        if (e.fault() != IoFault.MISSING) {
          failed(e);
          return;
        }
        gone++;
      }
      if (!dryRun) {
        store.forget(ImageName.path(directory.getParent(), victim.name));
      }
    }
  }

  private void removeOrphan(Path file, long bytes) {
    if (!dryRun && !store.awaitUnlink()) {
      return; // the store closes
    }
    try {
      if (!dryRun) {
        store.io.delete(file);
      }
      orphans++;
      orphanBytes += bytes;
    } catch (ChunkIoException e) {
      if (e.fault() != IoFault.MISSING) {
        failed(e);
      }
    }
  }

  private void failed(ChunkIoException e) {
    failedDeletes++;
    // The next file would say the same, and so would a million others.
    readOnly |= e.fault() == IoFault.READ_ONLY;
    log.debug("a file could not be removed", e);
  }
}
