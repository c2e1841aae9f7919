package io.kvcache.bench.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Records read from JSON, from the jar or from a file of the same form. Unknown and repeated fields
 * are refused, and numbers that are left out, are null, or are not whole where they have to be;
 * what a record's constructor says is wrong becomes the message, with file and line.
 */
public final class StrictJson {
  private static final JsonMapper JSON = mapper().build();

  private StrictJson() {}

  /** A mapper that refuses what no file of ours may hold. */
  public static JsonMapper.Builder mapper() {
    return JsonMapper.builder()
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS);
  }

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
    return parseList(file.toString(), bytes(file), type);
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
    return parse(file.toString(), bytes(file), JSON.readerFor(type));
  }

  /**
   * Whatever JSON a text is, fields not yet looked at.
   *
   * @param source its name, for messages
   * @throws IllegalArgumentException saying what is wrong with it and where
   */
  public static JsonNode tree(String source, byte[] text) {
    JsonNode tree = parse(source, text, JSON.readerFor(JsonNode.class));
    if (tree.isMissingNode()) {
      throw new IllegalArgumentException(source + " is empty: no JSON");
    }
    return tree;
  }

  /**
   * All of a file.
   *
   * @throws FileSystemException naming the file, if it cannot be read
   */
  public static byte[] bytes(Path file) throws FileSystemException {
    try {
      return Files.readAllBytes(file);
    } catch (FileSystemException e) {
      throw e;
    } catch (IOException e) {
      throw new FileSystemException(file.toString(), null, e.getMessage());
    }
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
      throw new IllegalArgumentException(source + where(e) + ": " + JsonFault.of(e), e);
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
}
