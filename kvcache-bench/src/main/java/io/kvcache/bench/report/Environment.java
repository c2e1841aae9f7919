package io.kvcache.bench.report;

import com.sun.management.OperatingSystemMXBean;
import io.kvcache.lustre.FsProfile;
import io.kvcache.lustre.LustreStore;
import io.kvcache.spi.IoMode;
import io.kvcache.store.NioChunkIo;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Where and when something was measured.
 *
 * @param date in UTC
 * @param cpu the processor's name, if the system tells
 * @param cores that this JVM may use
 * @param memoryBytes of the machine, or of the container
 * @param heapBytes that this JVM may use
 * @param jdk vendor, name and version of the JVM
 * @param os name and version
 * @param filesystem of the measurements' directory
 * @param ioMode whether chunks bypass the page cache there
 * @param ioModeReason why
 * @param version of the library
 * @param revision of its sources
 */
public record Environment(
    String date,
    String cpu,
    int cores,
    long memoryBytes,
    long heapBytes,
    String jdk,
    String os,
    String filesystem,
    String ioMode,
    String ioModeReason,
    String version,
    String revision) {
  /**
   * This machine, now.
   *
   * @param directory where it is measured; exists
   */
  public static Environment of(Path directory) {
    BuildInfo build = BuildInfo.read();
    String filesystem;
    IoMode mode;
    if (LustreStore.unavailable().isEmpty()) {
      FsProfile profile = LustreStore.probe(directory.toAbsolutePath().normalize());
      filesystem = profile.filesystem();
      mode = profile.mode();
    } else {
      filesystem = type(directory);
      try (NioChunkIo io = NioChunkIo.open(directory)) {
        mode = io.mode();
      }
    }
    return new Environment(
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        processor(),
        Runtime.getRuntime().availableProcessors(),
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize(),
        Runtime.getRuntime().maxMemory(),
        property("java.vm.vendor")
            + " "
            + property("java.vm.name")
            + " "
            + property("java.vm.version"),
        property("os.name") + " " + property("os.version") + " " + property("os.arch"),
        filesystem,
        mode.label(),
        mode.reason(),
        build.version(),
        build.revision());
  }

  private static String property(String name) {
    return System.getProperty(name, "unknown");
  }

  private static String type(Path directory) {
    try {
      return Files.getFileStore(directory).type();
    } catch (IOException e) {
      return "unknown";
    }
  }

  private static String processor() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }
}
