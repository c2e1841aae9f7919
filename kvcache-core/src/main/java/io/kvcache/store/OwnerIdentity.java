package io.kvcache.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which process an owner is: what its file says. Immutable.
 *
 * @param host for people
 * @param bootId tells one run of one machine's kernel from all others; empty if unknown
 * @param pidNamespace within which the pid means something; empty if unknown
 * @param pid the process
 * @param startMillis when that process began, since pids are used again; 0 if unknown
 */
record OwnerIdentity(String host, String bootId, String pidNamespace, long pid, long startMillis) {
  /** Each process computes starts from the boot time as it read it, which moves a little. */
  private static final long START_TOLERANCE_MILLIS = 5_000;

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Whoever does not say, or cannot be heard. */
  static final OwnerIdentity NOBODY = new OwnerIdentity("", "", "", 0, 0);

  /** What is known about an owner's process. */
  enum Process {
    LIVES,
    GONE,
    /** It is on another machine, in another container, or does not say. */
    UNKNOWN
  }

  /** This process. */
  static OwnerIdentity current() {
    ProcessHandle self = ProcessHandle.current();
    return new OwnerIdentity(
        systemText("/proc/sys/kernel/hostname"),
        systemText("/proc/sys/kernel/random/boot_id"),
        systemLink("/proc/self/ns/pid"),
        self.pid(),
        startMillis(self));
  }

  /** Reads an owner's file; one that makes no sense names nobody. */
  static OwnerIdentity parse(byte[] json) {
    try {
      JsonNode node = JSON.readTree(json);
      return new OwnerIdentity(
          node.path("host").asText(),
          node.path("boot_id").asText(),
          node.path("pid_ns").asText(),
          node.path("pid").asLong(),
          node.path("start").asLong());
    } catch (IOException e) {
      return NOBODY;
    }
  }

  /** Whether it names a process. */
  boolean isSomebody() {
    return pid > 0;
  }

  byte[] json() {
    Map<String, Object> fields = new TreeMap<>();
    fields.put("host", host);
    fields.put("boot_id", bootId);
    fields.put("pid_ns", pidNamespace);
    fields.put("pid", pid);
    fields.put("start", startMillis);
    try {
      return JSON.writeValueAsBytes(fields);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of text and numbers is no JSON", e);
    }
  }

  /** What this process can tell about that one. */
  Process process(OwnerIdentity ours) {
    boolean visible =
        pid > 0
            && !bootId.isEmpty()
            && bootId.equals(ours.bootId)
            && !pidNamespace.isEmpty()
            && pidNamespace.equals(ours.pidNamespace);
    if (!visible) {
      return Process.UNKNOWN;
    }
    return ProcessHandle.of(pid).filter(p -> p.isAlive() && startedThen(p)).isPresent()
        ? Process.LIVES
        : Process.GONE;
  }

  private boolean startedThen(ProcessHandle process) {
    long start = startMillis(process);
    return start == 0
        || startMillis == 0
        || Math.abs(start - startMillis) <= START_TOLERANCE_MILLIS;
  }

  private static long startMillis(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }

  // Empty where there is no /proc: such an owner counts as dead by its file's age alone.
  private static String systemText(String path) {
    try {
      return Files.readString(Path.of(path)).trim();
    } catch (IOException e) {
      return "";
    }
  }

  private static String systemLink(String path) {
    try {
      return Files.readSymbolicLink(Path.of(path)).toString();
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }
}
