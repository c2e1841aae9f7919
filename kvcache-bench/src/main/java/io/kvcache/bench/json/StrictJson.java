package io.kvcache.bench.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Records read from JSON, from the jar or from a file of the same form. Unknown and repeated fields
 * are refused; what a record's constructor says is wrong becomes the message, with file and line.
 */
public final class StrictJson {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private StrictJson() {}

  /** The array that a resource next to {@code owner} holds. */
  public static <T> List<T> resourceList(Class<?> owner, String name, Class<T> type) {
    return parseList(name, resource(owner, name), type);
  }

  /**
   * The array that a file holds.
   *
   * @throws IllegalArgumentException saying what is wrong with it and where
   * @throws IOException if it cannot be read
   */
  public static <T> List<T> list(Path file, Class<T> type) throws IOException {
    return parseList(file.toString(), Files.readAllBytes(file), type);
  }

  /** The object that a resource next to {@code owner} holds. */
  public static <T> T resourceObject(Class<?> owner, String name, Class<T> type) {
    return parse(name, resource(owner, name), JSON.readerFor(type));
  }

  /**
   * The object that a file holds.
   *
   * @throws IllegalArgumentException saying what is wrong with it and where
   * @throws IOException if it cannot be read
   */
  public static <T> T object(Path file, Class<T> type) throws IOException {
    return parse(file.toString(), Files.readAllBytes(file), JSON.readerFor(type));
  }

  private static byte[] resource(Class<?> owner, String name) {
    try (InputStream in = owner.getResourceAsStream(name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + name + " of this jar", e);
    }
  }

  private static <T> List<T> parseList(String source, byte[] text, Class<T> type) {
    List<T> read = parse(source, text, JSON.readerForListOf(type));
    if (read.isEmpty() || read.contains(null)) {
      throw new IllegalArgumentException(source + ": an array of at least one object, no null");
    }
    return read;
  }

  private static <T> T parse(String source, byte[] text, ObjectReader reader) {
    T read;
    try {
      read = reader.readValue(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(source + where(e) + ": " + reason(e), e);
    } catch (IOException e) {
      throw new IllegalStateException("reading an array in memory failed", e);
    }
    if (read == null) {
      throw new IllegalArgumentException(source + " holds null");
    }
    return read;
  }

  private static String where(JsonProcessingException e) {
    return e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr();
  }

  private static String reason(JsonProcessingException e) {
    if (e instanceof JsonMappingException && e.getCause() instanceof IllegalArgumentException c) {
      return c.getMessage();
    }
    return e.getOriginalMessage().lines().findFirst().orElse("no JSON");
  }
}
