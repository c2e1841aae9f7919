package io.kvcache.store;

import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.EntryType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who was writing to the directory at one moment, and so which temporary files nobody will ever
 * publish. An owner is dead if its process can be seen to be gone; it lives if that can be seen to
 * live, however old its files are. Where its process cannot be seen (another node, another
 * container) it is dead once its file was not renewed for ten minutes by the filesystem's clock;
 * and where there is no such file, its temporary files tell their age themselves.
 *
 * <p>Ages come from names and times alone, which a metadata server knows; {@link KnownOwners} reads
 * what a file says, once, since nothing else tells whose process to look for.
 *
 * <p>A mistake costs a declined write, never a wrong byte: the rename finds nothing. Immutable.
 */
final class Owners {
  private static final Logger log = LoggerFactory.getLogger(Owners.class);
  private static final long DEAD_AFTER_MILLIS = 600_000;

  /** Counts as so many where nothing is known: a share of the budget is then small. */
  private static final int IF_UNKNOWN = 63;

  private final Path directory;
  private final long filesystemMillis;
  private final Set<String> living = new HashSet<>();
  private final Set<String> dead = new HashSet<>();

  private Owners(Path directory, long filesystemMillis) {
    this.directory = directory;
    this.filesystemMillis = filesystemMillis;
  }

  /**
   * Looks at every owner's file.
   *
   * @return null if the directory does not let us: then nobody is known to be dead
   */
  static Owners look(DirectoryStore store) {
    Map<String, Long> renewed = renewed(store);
    if (renewed == null) {
      return null;
    }
    Owners owners = new Owners(directory(store), renewed.get(store.ownerToken));
    store.owners.retain(renewed.keySet());
    renewed.forEach(
        (token, modified) -> {
          boolean lives = token.equals(store.ownerToken) || owners.lives(store, token, modified);
          (lives ? owners.living : owners.dead).add(token);
        });
    return owners;
  }

  /**
   * How many may write, ourselves included, by the ages of their files alone: some of them may be
   * dead. Opens no file, so it may be asked on any thread.
   */
  static int countYoung(DirectoryStore store) {
    Map<String, Long> renewed = renewed(store);
    if (renewed == null) {
      return IF_UNKNOWN;
    }
    Owners now = new Owners(directory(store), renewed.get(store.ownerToken));
    return (int) renewed.values().stream().filter(now::isYoung).count();
  }

  private static Path directory(DirectoryStore store) {
    return store.root.resolve(OwnerFile.DIRECTORY);
  }

  /**
   * When each owner last renewed its file, by one listing after we renewed ours: so our own entry
   * tells what time it is by the clock that the others' are read from. Null if it is not there.
   */
  private static Map<String, Long> renewed(DirectoryStore store) {
    Map<String, Long> renewed = new HashMap<>();
    try {
      store.owner.renew();
      store.io.list(
          directory(store),
          (name, type, bytes, modified) -> {
            if (type == EntryType.FILE && OwnerToken.is(name)) {
              renewed.put(name, modified);
            }
            return true;
          });
    } catch (ChunkIoException e) {
      log.debug("{}: owners are not known now", store.root, e);
      return null;
    }
    return renewed.containsKey(store.ownerToken) ? renewed : null;
  }

  /** How many may write, ourselves included. */
  static int count(Owners owners) {
    return owners == null ? IF_UNKNOWN : Math.max(1, owners.living.size());
  }

  private boolean lives(DirectoryStore store, String token, long renewedMillis) {
    OwnerIdentity owner = store.owners.get(token, directory.resolve(token));
    if (owner == null) {
      return true; // it may just have closed; if not, the next look tells
    }
    return switch (owner.process(store.owner.identity())) {
      case LIVES -> true;
      case GONE -> false;
      case UNKNOWN -> isYoung(renewedMillis);
    };
  }

  private boolean isYoung(long modifiedMillis) {
    return filesystemMillis - modifiedMillis < DEAD_AFTER_MILLIS;
  }

  /** Whether nobody will publish a temporary file with that token and modification time. */
  boolean isOrphan(String token, long modifiedMillis) {
    return dead.contains(token) || (!living.contains(token) && !isYoung(modifiedMillis));
  }

  /** Files of dead owners. */
  List<Path> deadFiles() {
    List<Path> files = new ArrayList<>();
    dead.forEach(token -> files.add(directory.resolve(token)));
    return files;
  }
}
