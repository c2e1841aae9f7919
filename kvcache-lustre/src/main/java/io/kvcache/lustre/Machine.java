package io.kvcache.lustre;

import java.util.Locale;
import java.util.Optional;

/**
 * What the JVM says it runs on: the only place of this module that reads system properties, {@code
 * os.name}, {@code os.arch} and {@code sun.jnu.encoding}.
 *
 * @param system name of the operating system
 * @param architecture name of the processor's architecture
 * @param pathEncoding how file names become bytes
 */
record Machine(String system, String architecture, String pathEncoding) {
  static Machine current() {
    return new Machine(
        System.getProperty("os.name", ""),
        System.getProperty("os.arch", ""),
        System.getProperty("sun.jnu.encoding", ""));
  }

  private boolean isX86() {
    return architecture.equals("amd64") || architecture.equals("x86_64");
  }

  /** Why there is no native I/O on such a machine, whatever libraries there are. */
  Optional<String> unsupported() {
    boolean linux = system.toLowerCase(Locale.ROOT).startsWith("linux");
    return linux && (isX86() || architecture.equals("aarch64"))
        ? Optional.empty()
        : Optional.of(
            "it is made for Linux on x86_64 and aarch64, and this is "
                + system
                + " on "
                + architecture);
  }

  /** Flags of open(2). */
  OpenFlags openFlags() {
    return isX86() ? OpenFlags.X86_64 : OpenFlags.AARCH64;
  }

  /** Number of the system call getdents64. */
  int getdents64() {
    return isX86() ? 217 : 61;
  }

  /** Whether such a path reaches the kernel as UTF-8, the only form that we give it. */
  boolean spells(String path) {
    String encoding = pathEncoding.toUpperCase(Locale.ROOT);
    return encoding.equals("UTF-8") || path.chars().allMatch(c -> c < 128);
  }
}
