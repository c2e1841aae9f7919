package io.kvcache.bench.model;

import io.kvcache.bench.json.StrictJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads timed prefills: a JSON array of {@code {"new_tokens": 8192, "reused_tokens": 0, "seconds":
 * 0.7}}, or lines {@code 8192,0,0.7} in a file whose name ends in {@code .csv}, of which the first
 * may be a heading.
 */
public final class MeasuredPrefills {
  private MeasuredPrefills() {}

  /**
   * All of a file.
   *
   * @throws IllegalArgumentException naming the line that is none
   * @throws IOException if the file cannot be read
   */
  public static List<MeasuredPrefill> read(Path file) throws IOException {
    if (!file.toString().endsWith(".csv")) {
      return StrictJson.list(file, MeasuredPrefill.class);
    }
    List<MeasuredPrefill> read = new ArrayList<>();
    List<String> lines = Files.readAllLines(file);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      boolean heading = i == 0 && !line.isEmpty() && Character.isLetter(line.charAt(0));
      if (line.isEmpty() || heading) {
        continue;
      }
      try {
        read.add(parse(line));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(file + ", line " + (i + 1) + ": " + e.getMessage(), e);
      }
    }
    if (read.isEmpty()) {
      throw new IllegalArgumentException(
          file + " holds no prefill: lines of new tokens, reused tokens, seconds");
    }
    return read;
  }

  private static MeasuredPrefill parse(String line) {
    String[] fields = line.split(",", -1);
    if (fields.length != 3) {
      throw new IllegalArgumentException(
          "\"" + line + "\" has " + fields.length + " fields: new tokens, reused tokens, seconds");
    }
    try {
      return new MeasuredPrefill(
          Long.parseLong(fields[0].strip()),
          Long.parseLong(fields[1].strip()),
          Double.parseDouble(fields[2].strip()));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("\"" + line + "\" is not three numbers", e);
    }
  }
}
