package io.kvcache.bench.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvcache.lustre.cli.CommandLineException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Extra keys of blocks in JSON: an array with one entry per block, null or an array of strings,
 * whole numbers, arrays of these, and byte strings as {@code {"bytes_hex":"0aff"}}.
 */
final class ExtraKeys {
  private static final String BYTES = "bytes_hex";

  private ExtraKeys() {}

  /**
   * The entries, null where a block has no extra keys. An array is taken as it stands: {@code []}
   * hashes as an empty array, which vLLM never does; null says that there are none.
   */
  static List<List<?>> parse(String source, String json) {
    JsonNode blocks = JsonInput.parse(source, json);
    List<List<?>> extras = new ArrayList<>();
    if (blocks.isNull()) {
      return extras;
    }
    if (!blocks.isArray()) {
      throw new CommandLineException(
          source + " is " + blocks + ": an array with one entry per block");
    }
    for (int b = 0; b < blocks.size(); b++) {
      JsonNode keys = blocks.get(b);
      if (!keys.isNull() && !keys.isArray()) {
        throw new CommandLineException(
            source + ": block " + b + " has " + keys + ": null or an array of extra keys");
      }
      extras.add(keys.isNull() ? null : list(source, b, keys));
    }
    return extras;
  }

  private static List<Object> list(String source, int block, JsonNode array) {
    List<Object> values = new ArrayList<>();
    for (JsonNode item : array) {
      values.add(value(source, block, item));
    }
    return values;
  }

  private static Object value(String source, int block, JsonNode item) {
    if (item.isTextual()) {
      return item.textValue();
    } else if (item.isIntegralNumber() && item.canConvertToLong()) {
      return item.longValue();
    } else if (item.isArray()) {
      return list(source, block, item);
    } else if (item.isObject() && item.size() == 1 && item.path(BYTES).isTextual()) {
      try {
        return HexFormat.of().parseHex(item.get(BYTES).textValue());
      } catch (IllegalArgumentException e) {
        throw new CommandLineException(
            source + ": block " + block + " has " + item + ": pairs of hex digits", e);
      }
    }
    throw new CommandLineException(
        source
            + ": block "
            + block
            + " has "
            + item
            + ": extra keys are strings, whole numbers of 64 bits, arrays and {\"bytes_hex\":..}");
  }
}
