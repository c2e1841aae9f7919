package io.kvcache.lustre;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Reads {@link LustreTunables} from the text files of the Lustre client. They have moved between
 * {@code /sys} and {@code /proc} over the versions, and come and go with features, so whatever is
 * not found is empty. Nothing here asks a server, waits, or throws. Immutable and thread-safe.
 */
final class LustreSysfs {
  private static final int MOST_FILE_BYTES = 4096;
  private static final int MOST_MOUNT_BYTES = 8 << 20;

  /** Sites set all alike, and some have thousands. */
  private static final int MOST_SERVERS = 256;

  private static final List<String> HOMES = List.of("sys/fs/lustre", "proc/fs/lustre");

  private final Path root;

  /**
   * @param root what {@code /proc} and {@code /sys} are below: {@code /}
   */
  LustreSysfs(Path root) {
    this.root = root;
  }

  /**
   * What is known of the client and the filesystem that a path is on.
   *
   * @param path absolute, without symbolic links
   */
  LustreTunables read(Path path) {
    Optional<String> name =
        text(root.resolve("proc/self/mountinfo"), MOST_MOUNT_BYTES)
            .flatMap(mounts -> Mount.holding(path.normalize(), Mount.parse(mounts)))
            .flatMap(Mount::lustreName);
    if (name.isEmpty()) {
      return LustreTunables.UNKNOWN;
    }
    String quoted = Pattern.quote(name.get());
    List<Path> clients = directories("llite", quoted + "-[0-9a-f]+");
    List<Path> servers = directories("osc", quoted + "-OST[0-9a-f]+-osc-[^M].*");
    return new LustreTunables(
        HOMES.stream()
            .flatMap(home -> text(root.resolve(home).resolve("version"), MOST_FILE_BYTES).stream())
            .flatMap(text -> LustreVersion.find(text).stream())
            .findFirst(),
        name,
        isOn(clients, "parallel_dio"),
        isOn(clients, "unaligned_dio"),
        isOn(clients, "hybrid_io"),
        least(servers, "max_pages_per_rpc"),
        least(servers, "max_rpcs_in_flight"));
  }

  /** On for all mounts of the filesystem: which of them a path is on, the files do not say. */
  private static Optional<Boolean> isOn(List<Path> clients, String name) {
    OptionalInt least = numbers(clients, name).min();
    return least.isPresent() ? Optional.of(least.getAsInt() != 0) : Optional.empty();
  }

  private static OptionalInt least(List<Path> servers, String name) {
    return numbers(servers, name).filter(number -> number > 0).min();
  }

  private static IntStream numbers(List<Path> directories, String name) {
    return directories.stream()
        .flatMap(directory -> text(directory.resolve(name), MOST_FILE_BYTES).stream())
        .map(String::strip)
        .filter(text -> text.matches("\\d{1,9}"))
        .mapToInt(Integer::parseInt);
  }

  private List<Path> directories(String parent, String names) {
    return HOMES.stream()
        .flatMap(home -> matching(root.resolve(home).resolve(parent), names).stream())
        .limit(MOST_SERVERS)
        .toList();
  }

  private static List<Path> matching(Path parent, String names) {
    try (Stream<Path> all = Files.list(parent)) {
      return all.filter(path -> path.getFileName().toString().matches(names))
          .sorted()
          .limit(MOST_SERVERS)
          .toList();
    } catch (IOException | RuntimeException e) {
      // RuntimeException: what the stream wraps, and a security manager's.
      return List.of();
    }
  }

  private static Optional<String> text(Path file, int most) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(file)) {
      return Optional.of(new String(in.readNBytes(most), StandardCharsets.UTF_8));
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }
}
