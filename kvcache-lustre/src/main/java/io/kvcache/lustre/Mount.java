package io.kvcache.lustre;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A mount of this process, from {@code /proc/self/mountinfo} (proc(5)).
 *
 * @param point where it is mounted
 * @param type kind of filesystem
 * @param source what is mounted; for Lustre {@code nid[:nid]:/fsname[/subdirectory]}
 */
record Mount(String point, String type, String source) {
  // id parent major:minor root point options [optional...] - type source super-options
  private static final int POINT = 4;
  private static final String SEPARATOR = "-";

  /** Those that the lines tell of, in their order; what is no mount is left out. */
  static List<Mount> parse(String mountinfo) {
    return mountinfo
        .lines()
        .map(Mount::ofLine)
        .flatMap(Optional::stream)
        .collect(Collectors.toList());
  }

  private static Optional<Mount> ofLine(String line) {
    List<String> fields = List.of(line.split(" "));
    int separator = fields.indexOf(SEPARATOR);
    if (separator <= POINT || fields.size() < separator + 3) {
      return Optional.empty();
    }
    return Optional.of(
        new Mount(
            unescaped(fields.get(POINT)),
            fields.get(separator + 1),
            unescaped(fields.get(separator + 2))));
  }

  /** The mount that a path is on: the deepest, and of those on one directory the last. */
  static Optional<Mount> holding(Path path, List<Mount> mounts) {
    return mounts.stream()
        .filter(mount -> path.startsWith(mount.point))
        .reduce((a, b) -> b.depth() >= a.depth() ? b : a);
  }

  private int depth() {
    return Path.of(point).getNameCount();
  }

  /** Name of the Lustre filesystem, if it is one. */
  Optional<String> lustreName() {
    // Network identifiers have no slash.
    int slash = source.indexOf(":/");
    if (!type.equals("lustre") || slash < 0) {
      return Optional.empty();
    }
    String name = source.substring(slash + 2).split("/", 2)[0];
    return name.isEmpty() ? Optional.empty() : Optional.of(name);
  }

  /** The kernel writes blanks, line ends and backslashes as three octal digits. */
  private static String unescaped(String field) {
    StringBuilder text = new StringBuilder(field.length());
    for (int i = 0; i < field.length(); i++) {
      boolean escape = field.charAt(i) == '\\' && field.substring(i).matches("\\\\[0-3][0-7]{2}.*");
      text.append(escape ? (char) Integer.parseInt(field, i + 1, i + 4, 8) : field.charAt(i));
      i += escape ? 3 : 0;
    }
    return text.toString();
  }
}
