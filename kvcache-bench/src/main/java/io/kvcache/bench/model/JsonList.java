package io.kvcache.bench.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** JSON arrays of records, read strictly: from the jar or from a file of the same form. */
final class JsonList {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private JsonList() {}

  static <T> List<T> resource(String name, Class<T> type) {
    try (InputStream in = JsonList.class.getResourceAsStream(name)) {
      return parse(name, in.readAllBytes(), type);
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + name + " of this jar", e);
    }
  }

  static <T> List<T> file(Path file, Class<T> type) throws IOException {
    return parse(file.toString(), Files.readAllBytes(file), type);
  }

  private static <T> List<T> parse(String source, byte[] text, Class<T> type) throws IOException {
    List<T> read;
    try {
      read = JSON.readerForListOf(type).readValue(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(source + where(e) + ": " + reason(e), e);
    }
    if (read == null || read.isEmpty()) {
      throw new IllegalArgumentException(source + " is empty: an array of at least one object");
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
