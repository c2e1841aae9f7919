package io.kvcache;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One value of a configuration file and where it stands, so that whatever is wrong with it is said
 * with its path. Every method throws {@link IllegalArgumentException} for what does not fit.
 * Immutable.
 */
final class ConfigValue {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** Binary units only: whether a GB is 10^9 or 2^30 bytes is what people disagree about. */
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,18}) ?(KiB|MiB|GiB|TiB)");

  private static final List<String> UNITS = List.of("KiB", "MiB", "GiB", "TiB");
  private static final int LONGEST_QUOTE = 80;

  private final String path;
  private final JsonNode node;

  private ConfigValue(String path, JsonNode node) {
    this.path = path;
    this.node = node;
  }

  /**
   * Parses a whole document.
   *
   * @param root what paths start with
   */
  static ConfigValue parse(String root, String json) {
    try (JsonParser parser = JSON.createParser(json)) {
      try {
        JsonNode node = JSON.readTree(parser);
        if (node == null) {
          throw new IllegalArgumentException(
              root + " is empty: an object is expected, at least {}");
        }
        if (parser.nextToken() != null) {
          throw malformed(root, parser.currentTokenLocation(), "there is more after its end");
        }
        return new ConfigValue(root, node);
      } catch (JsonProcessingException e) {
        String where = path(root, parser.getParsingContext());
        JsonLocation at = e.getLocation() == null ? parser.currentLocation() : e.getLocation();
        throw malformed(cut(where), at, "no valid JSON: " + e.getOriginalMessage());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("a string was read", e);
    }
  }

  private static String path(String root, JsonStreamContext context) {
    if (context.inRoot()) {
      return root;
    }
    String parent = path(root, context.getParent());
    if (context.inArray()) {
      return parent + "[" + context.getCurrentIndex() + "]";
    }
    return context.hasCurrentName() ? parent + "." + context.getCurrentName() : parent;
  }

  private static IllegalArgumentException malformed(String path, JsonLocation at, String why) {
    return new IllegalArgumentException(
        path + ", line " + at.getLineNr() + ", column " + at.getColumnNr() + ": " + why);
  }

  /** Where the value stands, such as {@code $.store.workers}. */
  String path() {
    return path;
  }

  /** An object with no other fields than these. */
  ConfigValue object(Collection<String> known) {
    if (!node.isObject()) {
      throw notA("an object with fields of " + known);
    }
    node.fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                throw new IllegalArgumentException(
                    path + "." + name + " is no setting: " + NearestName.advice(name, known));
              }
            });
    return this;
  }

  /** As {@link #object(Collection)}. */
  ConfigValue object(String... known) {
    return object(Arrays.asList(known));
  }

  /** A field that must be there. */
  ConfigValue field(String name) {
    return optional(name)
        .orElseThrow(() -> new IllegalArgumentException(path + "." + name + " is missing: add it"));
  }

  /** A field, if it is there. */
  Optional<ConfigValue> optional(String name) {
    JsonNode value = node.get(name);
    return Optional.ofNullable(value).map(v -> new ConfigValue(path + "." + name, v));
  }

  /** The name of the one field of these that is there. */
  String only(String... alternatives) {
    List<String> present = Arrays.stream(alternatives).filter(node::has).toList();
    if (present.size() != 1) {
      throw new IllegalArgumentException(
          path
              + (present.isEmpty() ? " has none of " : " has " + present + " of ")
              + Arrays.toString(alternatives)
              + ": give exactly one");
    }
    return present.get(0);
  }

  /** The elements of an array. */
  List<ConfigValue> elements() {
    if (!node.isArray()) {
      throw notA("an array");
    }
    List<ConfigValue> elements = new ArrayList<>();
    node.forEach(e -> elements.add(new ConfigValue(path + "[" + elements.size() + "]", e)));
    return elements;
  }

  String text() {
    if (!node.isTextual()) {
      throw notA("a string");
    }
    return node.textValue();
  }

  int integer() {
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw notA("a whole number from " + Integer.MIN_VALUE + " to " + Integer.MAX_VALUE);
    }
    return node.intValue();
  }

  /** Any number. */
  double number() {
    if (!node.isNumber()) {
      throw notA("a number");
    }
    return node.doubleValue();
  }

  boolean flag() {
    if (!node.isBoolean()) {
      throw notA("true or false");
    }
    return node.booleanValue();
  }

  /** A number of bytes, or a string such as {@code "64GiB"}. */
  long bytes() {
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      return node.longValue();
    }
    Matcher size = SIZE.matcher(node.isTextual() ? node.textValue() : "");
    if (size.matches()) {
      int shift = 10 * (UNITS.indexOf(size.group(2)) + 1);
      long count = Long.parseLong(size.group(1));
      if (count <= Long.MAX_VALUE >> shift) {
        return count << shift;
      }
    }
    throw notA(
        "a whole number of bytes or a string such as \"64GiB\" with a unit of "
            + UNITS
            + ", at most "
            + Long.MAX_VALUE
            + " bytes,");
  }

  /** A number of milliseconds. */
  Duration millis() {
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw notA("a whole number of milliseconds");
    }
    return Duration.ofMillis(node.longValue());
  }

  /** One of a few values, by what it is called. */
  <T> T oneOf(T[] values, Function<T, String> label) {
    return Arrays.stream(values)
        .filter(value -> label.apply(value).equals(node.textValue()))
        .findFirst()
        .orElseThrow(() -> notA("one of " + Arrays.stream(values).map(label).toList()));
  }

  /** What a builder makes of the value, or its complaint with the path. */
  <T> T accepted(Supplier<T> call) {
    try {
      return call.get();
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new IllegalArgumentException(this + ": " + e.getMessage(), e);
    }
  }

  /** A refusal of a value of the right type. */
  IllegalArgumentException refused(String why) {
    return new IllegalArgumentException(this + ": " + why);
  }

  private IllegalArgumentException notA(String expected) {
    return refused(
        expected + " is expected" + (node.isNull() ? "; leave the field out for its default" : ""));
  }

  /** Path and value. */
  @Override
  public String toString() {
    return path + " = " + cut(node.toString());
  }

  private static String cut(String text) {
    return text.length() > LONGEST_QUOTE ? text.substring(0, LONGEST_QUOTE) + "..." : text;
  }
}
