package io.kvcache.store;

import io.kvcache.spi.ChunkIo;
import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.EntryType;
import io.kvcache.spi.IoFault;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One walk over all that a root holds: namespaces, their shards, the files in them. Only what is
 * named as this library names its files is shown; everything else, symbolic links included, is
 * foreign: counted, never opened, followed, or removed, and no part of the usage, since evicting
 * chunks would not make it smaller. A directory that cannot be listed is counted and passed over.
 *
 * <p>Keeps which shards there are, not which files. Used by one thread.
 */
final class DirectoryScan {
  private static final Logger log = LoggerFactory.getLogger(DirectoryScan.class);
  private static final int SHARD_DIGITS = 3;
  private static final String PROBE = ".probe.";
  private static final String CONFIG = ConfigFile.NAME;

  /** Gets what is ours, on the scanning thread; between two calls of leave, one directory's. */
  interface Visitor {
    /** A published image; the parts of its name are valid during the call. */
    void image(String name, ImageName parts, long bytes, long modifiedMillis);

    /** A file that an owner has not published, or never will. */
    void temporary(String name, String owner, long bytes, long modifiedMillis);

    /** The directory has been listed: now its files may be removed. */
    void leave(Path directory);
  }

  private final ChunkIo io;
  private final Path root;
  private final BooleanSupplier goOn;
  private final ImageName parts = new ImageName();

  /** Namespaces with images, and for each of their shards its place there and its number. */
  private final List<Path> namespaces = new ArrayList<>();

  private int[] namespaceOfShard = new int[64];
  private short[] shards = new short[64];
  private int shardCount;

  private long entries;
  private long bytes;
  private long foreign;
  private int listed;
  private int failed;

  /**
   * @param goOn asked before each entry is shown; may wait; false ends the walk
   */
  DirectoryScan(ChunkIo io, Path root, BooleanSupplier goOn) {
    this.io = io;
    this.root = root;
    this.goOn = goOn;
  }

  /** Entries come across. */
  long entries() {
    return entries;
  }

  /** Entries that are not ours. */
  long foreign() {
    return foreign;
  }

  /** Directories that could not be listed. */
  int failed() {
    return failed;
  }

  /** Whether anything was listed at all. */
  boolean anyListed() {
    return listed > 0;
  }

  /**
   * Bytes of our files, those of directories that could not be listed taken for as large as the
   * others on average.
   */
  long bytes() {
    return failed == 0 || listed == 0
        ? bytes
        : (long) ((double) bytes / listed * (listed + failed));
  }

  int shardCount() {
    return shardCount;
  }

  /** The directory of the i-th shard that was come across. */
  Path shard(int i) {
    return namespaces.get(namespaceOfShard[i]).resolve(String.format("%03x", shards[i]));
  }

  /** Walks over everything. */
  void walk(Visitor visitor) {
    List<String> top = new ArrayList<>();
    list(
        root,
        (name, type, size, modified) -> {
          if (type == EntryType.DIRECTORY && NamespaceName.is(name)) {
            top.add(name);
          } else if (type == EntryType.FILE && isTokened(name, PROBE)) {
            temporary(visitor, name, PROBE, size, modified);
          } else if (type != EntryType.DIRECTORY || !name.equals(OwnerFile.DIRECTORY)) {
            foreign++;
          }
        });
    visitor.leave(root);
    for (String name : top) {
      namespace(root.resolve(name), visitor);
    }
    for (int i = 0; i < shardCount; i++) {
      shard(shard(i), visitor);
    }
  }

  private void namespace(Path namespace, Visitor visitor) {
    int before = shardCount;
    list(
        namespace,
        (name, type, size, modified) -> {
          if (type == EntryType.DIRECTORY && isShard(name)) {
            addShard(namespaces.size(), (short) Integer.parseInt(name, 16));
          } else if (type == EntryType.FILE && isTokened(name, "." + CONFIG + ".")) {
            temporary(visitor, name, "." + CONFIG + ".", size, modified);
          } else if (type != EntryType.FILE || !name.equals(CONFIG)) {
            foreign++;
          }
        });
    if (shardCount > before) {
      namespaces.add(namespace);
    }
    visitor.leave(namespace);
  }

  /** Shows one shard's files. */
  void shard(Path shard, Visitor visitor) {
    String digits = shard.getFileName().toString();
    list(
        shard,
        (name, type, size, modified) -> {
          if (type != EntryType.FILE) {
            foreign++;
          } else if (name.startsWith(digits) && parts.isImage(name)) {
            bytes += size;
            visitor.image(name, parts, size, modified);
          } else {
            String owner = name.startsWith(digits, 1) ? parts.ownerOfTemporary(name) : null;
            if (owner == null) {
              foreign++;
            } else {
              bytes += size;
              visitor.temporary(name, owner, size, modified);
            }
          }
        });
    visitor.leave(shard);
  }

  private interface Entry {
    void show(String name, EntryType type, long bytes, long modifiedMillis);
  }

  private void list(Path directory, Entry entry) {
    if (!goOn.getAsBoolean()) {
      return;
    }
    try {
      io.list(
          directory,
          (name, type, size, modified) -> {
            entries++;
            entry.show(name, type, size, modified);
            return goOn.getAsBoolean();
          });
      listed++;
    } catch (ChunkIoException e) {
      if (e.fault() == IoFault.MISSING && !directory.equals(root)) {
        return; // removed since its name was read
      }
      failed++;
      log.debug("a directory is passed over", e);
    }
  }

  private void temporary(Visitor visitor, String name, String prefix, long size, long modified) {
    bytes += size;
    visitor.temporary(name, name.substring(prefix.length()), size, modified);
  }

  private static boolean isTokened(String name, String prefix) {
    return name.startsWith(prefix) && OwnerToken.is(name.substring(prefix.length()));
  }

  private static boolean isShard(String name) {
    return name.length() == SHARD_DIGITS
        && name.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
  }

  private void addShard(int namespace, short shard) {
    if (shardCount == shards.length) {
      shards = Arrays.copyOf(shards, 2 * shardCount);
      namespaceOfShard = Arrays.copyOf(namespaceOfShard, 2 * shardCount);
    }
    namespaceOfShard[shardCount] = namespace;
    shards[shardCount++] = shard;
  }
}
