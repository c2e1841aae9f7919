package io.kvcache.bench.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.InvalidTypeIdException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import java.util.Arrays;
import java.util.Collection;
import java.util.stream.Collectors;

/** What is wrong with a text that was read as JSON, in words for whoever wrote it. */
public final class JsonFault {
  private JsonFault() {}

  /** One line, without the place in the file. */
  public static String of(JsonProcessingException e) {
    if (e instanceof JsonMappingException && e.getCause() instanceof IllegalArgumentException c) {
      return c.getMessage();
    }
    if (e instanceof UnrecognizedPropertyException unknown) {
      return "field " + path(unknown) + " is unknown: one of " + known(unknown);
    }
    if (e instanceof InvalidTypeIdException kind) {
      return "field " + path(kind) + ": no kind " + kind.getTypeId() + " of it is known";
    }
    if (e instanceof MismatchedInputException mismatch) {
      return mismatch.getPath().isEmpty()
          ? whole(mismatch)
          : "field " + path(mismatch) + mismatch(mismatch);
    }
    return "no JSON: " + plain(e.getOriginalMessage());
  }

  private static String path(JsonMappingException e) {
    return e.getPath().stream()
        .map(step -> step.getFieldName() == null ? "" + step.getIndex() : step.getFieldName())
        .collect(Collectors.joining("."));
  }

  private static String whole(MismatchedInputException e) {
    if (e.getOriginalMessage().startsWith("Trailing token")) {
      return "something follows the end of its JSON";
    }
    return e.getOriginalMessage().startsWith("No content")
        ? "no JSON: empty"
        : wanted(e.getTargetType()) + " is expected";
  }

  private static String known(UnrecognizedPropertyException e) {
    Collection<Object> known = e.getKnownPropertyIds();
    return known == null
        ? "none"
        : known.stream().map(String::valueOf).sorted().collect(Collectors.joining(", "));
  }

  private static String mismatch(MismatchedInputException e) {
    String wanted = wanted(e.getTargetType());
    if (e instanceof InvalidFormatException format) {
      return " is " + format.getValue() + ": " + wanted;
    }
    return e.getOriginalMessage().contains("`null`") ? " is missing" : ": " + wanted;
  }

  private static String wanted(Class<?> type) {
    if (type == null) {
      return "something else is expected";
    }
    if (type.isEnum()) {
      return "one of "
          + Arrays.stream(type.getEnumConstants())
              .map(String::valueOf)
              .collect(Collectors.joining(", "));
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
      return "a whole number";
    }
    if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
      return "a number";
    }
    if (type == String.class) {
      return "text in quotation marks";
    }
    return Collection.class.isAssignableFrom(type) ? "an array" : "an object";
  }

  // The parser's texts end in a hint at its own settings.
  private static String plain(String message) {
    String line = message.lines().findFirst().orElse("");
    return line.replaceFirst(" *\\((start marker at|set |enable ).*", "");
  }
}
