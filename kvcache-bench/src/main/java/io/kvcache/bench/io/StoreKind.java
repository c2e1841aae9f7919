package io.kvcache.bench.io;

import io.kvcache.store.DirectoryStore;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** Whose system calls a store makes: the one place where the benchmarks choose. */
public enum StoreKind {
  /** The JDK's. */
  NIO;

  /** The name on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Why this machine has none of that kind. */
  public Optional<String> unavailable() {
    return Optional.empty();
  }

  /** Settings of a store of that kind. */
  public DirectoryStore.Builder builder(Path root) {
    return DirectoryStore.builder(root);
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
    throw new IllegalArgumentException(label + ": nio is the only store");
  }
}
