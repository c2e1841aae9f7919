package io.kvcache.bench.load;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Looks at a store's directory from outside, by its files alone: how much it holds, and whether
 * what disappears is what was used least recently. Not thread-safe.
 */
final class DirectoryWatch {
  /** A pass that is under way has removed newer images before older ones: it gets so long. */
  private static final long PASS_MILLIS = 2_000;

  private record Removed(long atMillis, long newestStamp) {}

  private final Path directory;
  private final long highBytes;
  private final Deque<Removed> removals = new ArrayDeque<>();
  private Map<String, Long> stamps = new HashMap<>();
  private int looks;
  private long most;
  private long leastAfterHigh = Long.MAX_VALUE;
  private boolean wasHigh;
  private long newestRemoved = Long.MIN_VALUE;
  private long newestRemovedLongAgo = Long.MIN_VALUE;
  private long worstOrder;

  DirectoryWatch(Path directory, long highBytes) {
    this.directory = directory;
    this.highBytes = highBytes;
  }

  /** Looks once; returns the bytes of images and temporary files. */
  long look() throws IOException {
    Map<String, Long> now = new HashMap<>();
    long usage = walk(directory, now);
    looks += usage > 0 ? 1 : 0;
    most = Math.max(most, usage);
    wasHigh |= usage > highBytes;
    if (wasHigh) {
      leastAfterHigh = Math.min(leastAfterHigh, usage);
    }
    long millis = System.currentTimeMillis();
    for (Map.Entry<String, Long> before : stamps.entrySet()) {
      if (!now.containsKey(before.getKey()) && before.getValue() > newestRemoved) {
        newestRemoved = before.getValue();
        removals.add(new Removed(millis, newestRemoved));
      }
    }
    while (!removals.isEmpty() && removals.peek().atMillis < millis - PASS_MILLIS) {
      newestRemovedLongAgo = removals.remove().newestStamp;
    }
    stamps = now;
    if (newestRemovedLongAgo != Long.MIN_VALUE) {
      worstOrder = Math.max(worstOrder, newestRemovedLongAgo - oldest());
    }
    return usage;
  }

  private long oldest() {
    return stamps.values().stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE);
  }

  int looks() {
    return looks;
  }

  long most() {
    return most;
  }

  /** Least usage after there was more than the high watermark. */
  long leastAfterHigh() {
    return wasHigh ? leastAfterHigh : most;
  }

  /** By how much a removed image was newer than one that stayed two seconds longer. */
  long worstOrderMillis() {
    return worstOrder;
  }

  /** By how much a removed image is newer than one that is there, no pass being under way. */
  long worstOrderNowMillis() {
    return newestRemoved == Long.MIN_VALUE ? 0 : newestRemoved - oldest();
  }

  static long usage(Path directory) throws IOException {
    return walk(directory, new HashMap<>());
  }

  private static long walk(Path directory, Map<String, Long> stamps) throws IOException {
    long[] bytes = {0};
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String name = file.getFileName().toString();
            if (name.indexOf('-') > 0) {
              bytes[0] += attributes.size();
              if (name.charAt(0) != '.') {
                stamps.put(name, attributes.lastModifiedTime().toMillis());
              }
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException gone) {
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, IOException gone) {
            return FileVisitResult.CONTINUE;
          }
        });
    return bytes[0];
  }
}
