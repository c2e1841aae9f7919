package io.kvcache.bench.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/** What fio says about one run of it, with {@code --output-format=json --group_reporting}. */
final class FioRun {
  private static final ObjectMapper JSON = new ObjectMapper();

  private FioRun() {}

  /** The first line that says something: what follows is said again, or a page of JSON. */
  static String firstLine(String output) {
    return output
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .findFirst()
        .orElse("it said nothing");
  }

  /**
   * Reads fio's output.
   *
   * @param output notes about files that it lays out may come before the JSON
   * @param direction {@code read} or {@code write}
   */
  static Measured parse(String output, String direction) throws IOException {
    JsonNode job;
    try {
      job = JSON.readTree(output.substring(Math.max(0, output.indexOf('{')))).at("/jobs/0");
    } catch (JsonProcessingException e) {
      throw new IOException("fio did not print JSON: " + firstLine(output), e);
    }
    JsonNode figures = job.path(direction);
    long bytes = figures.path("io_bytes").asLong();
    double bytesPerSecond = figures.path("bw_bytes").asDouble();
    if (job.path("error").asInt() != 0 || bytes <= 0 || bytesPerSecond <= 0) {
      throw new IOException(
          "fio did not "
              + direction
              + ": error "
              + job.path("error").asInt()
              + ", "
              + bytes
              + " bytes");
    }
    // Of a group, usr_cpu and sys_cpu are percent of the sum of its jobs' run times.
    double cpu = job.path("usr_cpu").asDouble() + job.path("sys_cpu").asDouble();
    double jobSeconds = job.path("job_runtime").asDouble() / 1e3;
    return new Measured(bytes, bytes / bytesPerSecond, cpu / 100 * jobSeconds);
  }
}
