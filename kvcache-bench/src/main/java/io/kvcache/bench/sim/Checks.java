package io.kvcache.bench.sim;

/** What a scenario's fields may be; each message names the field as the file does. */
final class Checks {
  private Checks() {}

  static <T> T given(String field, T value) {
    if (value == null) {
      throw new IllegalArgumentException(field + " is missing");
    }
    return value;
  }

  private static <T> T orDefault(String field, T value, T otherwise) {
    return value == null ? given(field, otherwise) : value;
  }

  private static Double finite(String field, Double value) {
    if (value != null && !Double.isFinite(value)) {
      throw new IllegalArgumentException(field + " is " + value + ": a finite number");
    }
    return value;
  }

  static Integer between(String field, Integer value, int least, int most, Integer otherwise) {
    Integer known = atLeast(field, value, least, otherwise);
    if (known > most) {
      throw new IllegalArgumentException(field + " is " + known + ": at most " + most);
    }
    return known;
  }

  static Integer atLeast(String field, Integer value, int least, Integer otherwise) {
    Integer known = orDefault(field, value, otherwise);
    if (known < least) {
      throw new IllegalArgumentException(field + " is " + known + ": at least " + least);
    }
    return known;
  }

  static Double positive(String field, Double value, Double otherwise) {
    Double known = orDefault(field, finite(field, value), otherwise);
    if (!(known > 0)) {
      throw new IllegalArgumentException(field + " is " + known + ": more than 0");
    }
    return known;
  }

  static Double notNegative(String field, Double value, Double otherwise) {
    Double known = orDefault(field, finite(field, value), otherwise);
    if (!(known >= 0)) {
      throw new IllegalArgumentException(field + " is " + known + ": 0 at least");
    }
    return known;
  }
}
