package io.kvcache.bench.io;

import io.kvcache.lustre.LustreStore;
import io.kvcache.store.DirectoryStore;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** Whose system calls a store makes: the one place where the benchmarks choose. */
public enum StoreKind {
  /** The JDK's. */
  NIO {
    @Override
    public Optional<String> unavailable() {
      return Optional.empty();
    }

    @Override
    public DirectoryStore.Builder builder(Path root) {
      return DirectoryStore.builder(root);
    }
  },

  /** Its own, by native code. */
  LUSTRE {
    @Override
    public Optional<String> unavailable() {
      return LustreStore.unavailable();
    }

    @Override
    public DirectoryStore.Builder builder(Path root) {
      return LustreStore.builder(root);
    }
  };

  /** The name on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Why this machine has none of that kind. */
  public abstract Optional<String> unavailable();

  /** Settings of a store of that kind. */
  public abstract DirectoryStore.Builder builder(Path root);

  /** What suits most: native calls, where they can be made. */
  public static StoreKind best() {
    return LUSTRE.unavailable().isEmpty() ? LUSTRE : NIO;
  }

  /**
   * The kind of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static StoreKind named(String label) {
    for (StoreKind kind : values()) {
      if (kind.label().equals(label)) {
        return kind;
      }
    }
    throw new IllegalArgumentException(label + ": nio or lustre");
  }
}
