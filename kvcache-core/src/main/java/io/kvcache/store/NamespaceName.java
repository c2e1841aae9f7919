package io.kvcache.store;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the name of a namespace's directory says, see {@link Namespace}. Immutable.
 *
 * @param config name of the directory that holds its config.json
 * @param fingerprint the fingerprint's first 12 hex digits
 * @param rank whose images it holds; -1 if none's
 */
record NamespaceName(String config, String fingerprint, int rank) {
  private static final Pattern NAME =
      Pattern.compile("([A-Za-z0-9._-]*_([0-9a-f]{12}))(?:_r(\\d{1,9}))?");

  static boolean is(String name) {
    return NAME.matcher(name).matches();
  }

  /**
   * Reads a name.
   *
   * @throws IllegalArgumentException if it is not that of a namespace
   */
  static NamespaceName parse(String name) {
    Matcher parts = NAME.matcher(name);
    if (!parts.matches()) {
      throw new IllegalArgumentException(name + " is no namespace");
    }
    String rank = parts.group(3);
    return new NamespaceName(
        parts.group(1), parts.group(2), rank == null ? -1 : Integer.parseInt(rank));
  }
}
