package io.kvcache.bench.model;

import io.kvcache.bench.json.StrictJson;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Models or accelerators by name, in the order of their file. Immutable.
 *
 * @param <T> what it holds
 */
public final class Catalogue<T> {
  private final String what;
  private final List<T> entries;

  private Catalogue(String what, List<T> entries) {
    this.what = what;
    this.entries = List.copyOf(entries);
    long names = entries.stream().map(e -> ((Named) e).name()).distinct().count();
    if (names < entries.size()) {
      throw new IllegalArgumentException("two entries of one name among " + names());
    }
  }

  /** The models that come with the jar. */
  public static Catalogue<ModelShape> models() {
    return new Catalogue<>(
        "model", StrictJson.resourceList(Catalogue.class, "models.json", ModelShape.class));
  }

  /**
   * Models of a file.
   *
   * @throws IllegalArgumentException saying what is wrong with the file
   * @throws IOException if it cannot be read
   */
  public static Catalogue<ModelShape> models(Path file) throws IOException {
    return new Catalogue<>("model", StrictJson.list(file, ModelShape.class));
  }

  /** The accelerators that come with the jar. */
  public static Catalogue<Accelerator> accelerators() {
    return new Catalogue<>(
        "accelerator",
        StrictJson.resourceList(Catalogue.class, "accelerators.json", Accelerator.class));
  }

  /**
   * Accelerators of a file.
   *
   * @throws IllegalArgumentException saying what is wrong with the file
   * @throws IOException if it cannot be read
   */
  public static Catalogue<Accelerator> accelerators(Path file) throws IOException {
    return new Catalogue<>("accelerator", StrictJson.list(file, Accelerator.class));
  }

  /**
   * The entry of that name, or the one that stands for it.
   *
   * @throws IllegalArgumentException naming those that there are
   */
  public T named(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no " + what + " \"" + name + "\": one of " + String.join(", ", names())));
  }

  private Optional<T> find(String name) {
    Optional<T> own = entries.stream().filter(e -> ((Named) e).name().equals(name)).findFirst();
    return own.isPresent()
        ? own
        : entries.stream().filter(e -> name.equals(((Named) e).standsFor())).findFirst();
  }

  /** All entries. */
  public List<T> entries() {
    return entries;
  }

  /** All names. */
  public List<String> names() {
    return entries.stream().map(e -> ((Named) e).name()).toList();
  }
}
