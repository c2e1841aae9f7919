package io.kvcache.store;

import io.kvcache.spi.ChunkIoException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who the tokens of the directory are, as their files say. Each file is read once, since what it
 * says never changes, and on the store's I/O threads: its bytes may be on a storage server that is
 * down, which must hold up neither those who look nor anything else for longer than the I/O
 * timeout. One that hung is not read again; such an owner is nobody, and judged by its age.
 *
 * <p>Thread-safe. Not to be asked on the store's I/O threads.
 */
final class KnownOwners {
  private static final int MOST_BYTES = 4096;

  private final DirectoryStore store;
  private final Map<String, OwnerIdentity> known = new ConcurrentHashMap<>();

  KnownOwners(DirectoryStore store) {
    this.store = store;
  }

  /** Who that is; null if that cannot be learned now. */
  OwnerIdentity get(String token, Path file) {
    OwnerIdentity owner = known.get(token);
    if (owner == null) {
      owner = store.pool.submit(Lane.LOOKUP, 0, new Reading(token, file)).outcome().join();
      // What makes no sense may be in the middle of being written.
      if (owner != null && owner.isSomebody()) {
        known.put(token, owner);
      }
    }
    return owner;
  }

  /** Forgets all others: their files are gone. */
  void retain(Set<String> tokens) {
    known.keySet().retainAll(tokens);
  }

  private final class Reading extends IoTask<OwnerIdentity> {
    private final String token;
    private final Path file;

    Reading(String token, Path file) {
      super(null, OwnerIdentity.NOBODY, null);
      this.token = token;
      this.file = file;
    }

    @Override
    OwnerIdentity run() {
      ByteBuffer buffer = ImageBuffer.allocate(MOST_BYTES);
      try {
        byte[] json = new byte[store.io.read(file, buffer)];
        buffer.get(0, json);
        return OwnerIdentity.parse(json);
      } catch (ChunkIoException e) {
        return null; // it may just have closed
      }
    }

    @Override
    void hung(ImagePath none) {
      known.put(token, OwnerIdentity.NOBODY);
    }
  }
}
