package io.kvcache.bench.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * What was built.
 *
 * @param version of the library
 * @param revision of its sources, {@code unknown} if those were in no repository
 */
record BuildInfo(String version, String revision) {
  static BuildInfo read() {
    Properties build = new Properties();
    try (InputStream in = BuildInfo.class.getResourceAsStream("build.properties")) {
      if (in != null) {
        build.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("build.properties of the jar cannot be read", e);
    }
    return new BuildInfo(value(build, "version"), value(build, "revision"));
  }

  private static String value(Properties build, String name) {
    String value = build.getProperty(name, "");
    return value.isBlank() || value.startsWith("${") ? "unknown" : value.strip();
  }
}
