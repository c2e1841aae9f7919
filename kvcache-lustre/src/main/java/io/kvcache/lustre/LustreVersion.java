package io.kvcache.lustre;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Version of the Lustre client, as {@code 2.15.4_ddn}: numbers compare, what vendors append does
 * not. A patch of 50 or more is the development of the next minor version.
 *
 * @param major first number
 * @param minor second number
 * @param patch third number, 0 if there is none
 */
record LustreVersion(int major, int minor, int patch) implements Comparable<LustreVersion> {
  private static final Pattern FORM = Pattern.compile("(\\d{1,6})\\.(\\d{1,6})(?:\\.(\\d{1,6}))?");

  private static final Comparator<LustreVersion> ORDER =
      Comparator.comparingInt(LustreVersion::major)
          .thenComparingInt(LustreVersion::minor)
          .thenComparingInt(LustreVersion::patch);

  /** The first one in a text; old clients say {@code lustre: 2.10.8} and more lines. */
  static Optional<LustreVersion> find(String text) {
    Matcher found = FORM.matcher(text);
    if (!found.find()) {
      return Optional.empty();
    }
    String patch = found.group(3);
    return Optional.of(
        new LustreVersion(
            Integer.parseInt(found.group(1)),
            Integer.parseInt(found.group(2)),
            patch == null ? 0 : Integer.parseInt(patch)));
  }

  boolean isAtLeast(int otherMajor, int otherMinor) {
    return compareTo(new LustreVersion(otherMajor, otherMinor, 0)) >= 0;
  }

  @Override
  public int compareTo(LustreVersion other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return major + "." + minor + "." + patch;
  }
}
