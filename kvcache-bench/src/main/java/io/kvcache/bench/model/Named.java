package io.kvcache.bench.model;

/** An entry of a {@link Catalogue}. */
interface Named {
  /** What it is called on the command line. */
  String name();

  /** Another name that it answers to, or null. */
  default String standsFor() {
    return null;
  }

  /** Refuses what a file left out. */
  static void require(String field, Object value) {
    if (value == null || value instanceof String text && text.isBlank()) {
      throw new IllegalArgumentException(field + " is missing");
    }
  }
}
