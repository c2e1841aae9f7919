package io.kvcache.store;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counts what the directory holds, by namespace, without opening a file. Used by one thread, once.
 */
final class Survey {
  private final DirectoryStore store;
  private final Pace pace;
  private final Map<String, Tally> namespaces = new TreeMap<>();
  private Tally shard = new Tally();
  private long temporaries;
  private long temporaryBytes;

  Survey(DirectoryStore store, Pace pace) {
    this.store = store;
    this.pace = pace;
  }

  DirectorySurvey run() {
    DirectoryScan scan = new DirectoryScan(store.io, store.root, pace::next);
    scan.walk(new Counting());
    List<NamespaceUsage> found = new ArrayList<>();
    namespaces.forEach((name, tally) -> found.add(tally.usage(name)));
    return new DirectorySurvey(
        List.copyOf(found),
        temporaries,
        temporaryBytes,
        scan.foreign(),
        scan.failed(),
        !pace.isStopped());
  }

  private final class Counting implements DirectoryScan.Visitor {
    @Override
    public void image(String name, ImageName parts, long bytes, long modifiedMillis) {
      shard.add(parts.group, bytes, modifiedMillis);
    }

    @Override
    public void temporary(String name, String owner, long bytes, long modifiedMillis) {
      temporaries++;
      temporaryBytes += bytes;
    }

    @Override
    public void leave(Path directory) {
      if (directory.equals(store.root)) {
        return;
      }
      boolean isNamespace = directory.getParent().equals(store.root);
      String name = (isNamespace ? directory : directory.getParent()).getFileName().toString();
      // Beside each rank's directory there is one for config.json alone.
      if (!isNamespace || NamespaceName.parse(name).rank() >= 0) {
        namespaces.computeIfAbsent(name, n -> new Tally()).addAll(shard);
      }
      shard = new Tally();
    }
  }

  private static final class Tally {
    private final Map<Integer, Long> imagesOfGroup = new HashMap<>();
    private long bytes;
    private long oldest = Long.MAX_VALUE;
    private long newest = Long.MIN_VALUE;

    void add(int group, long size, long modifiedMillis) {
      imagesOfGroup.merge(group, 1L, Long::sum);
      bytes += size;
      oldest = Math.min(oldest, modifiedMillis);
      newest = Math.max(newest, modifiedMillis);
    }

    void addAll(Tally other) {
      other.imagesOfGroup.forEach((group, count) -> imagesOfGroup.merge(group, count, Long::sum));
      bytes += other.bytes;
      oldest = Math.min(oldest, other.oldest);
      newest = Math.max(newest, other.newest);
    }

    NamespaceUsage usage(String name) {
      long images = imagesOfGroup.values().stream().mapToLong(Long::longValue).sum();
      long chunks = imagesOfGroup.values().stream().mapToLong(Long::longValue).max().orElse(0);
      return new NamespaceUsage(
          name, chunks, images, bytes, images == 0 ? 0 : oldest, images == 0 ? 0 : newest);
    }
  }
}
