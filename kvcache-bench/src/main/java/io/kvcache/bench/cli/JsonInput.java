package io.kvcache.bench.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.kvcache.lustre.cli.CommandLineException;

/** JSON that came with the command line, read strictly. */
final class JsonInput {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private JsonInput() {}

  /**
   * The one JSON value that the text is.
   *
   * @param source the option or file, for the message
   */
  static JsonNode parse(String source, String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new CommandLineException(source + " is no JSON: " + e.getOriginalMessage(), e);
    }
  }
}
