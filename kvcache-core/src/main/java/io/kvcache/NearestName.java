package io.kvcache;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** What somebody who wrote an unknown name probably meant. */
final class NearestName {
  private NearestName() {}

  /** The nearest known name if it is close, else all of them. */
  static String advice(String name, Collection<String> known) {
    return known.stream()
        .filter(candidate -> isClose(name, candidate))
        .min(Comparator.comparingInt(candidate -> distance(plain(name), plain(candidate))))
        .map(nearest -> "did you mean \"" + nearest + "\"?")
        .orElse("there are " + known);
  }

  /** A third of the letters may differ, or two; or the unit or another tail may be missing. */
  private static boolean isClose(String name, String known) {
    String a = plain(name);
    String b = plain(known);
    boolean start = a.length() > 2 && (a.startsWith(b) || b.startsWith(a));
    return start || distance(a, b) <= Math.max(Math.min(2, b.length() / 2), b.length() / 3);
  }

  /** So that {@code lookupTimeoutMs} is {@code lookup_timeout_ms}. */
  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
  }

  /** Letters to insert, delete or replace (Levenshtein), row by row. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replace = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replace, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
