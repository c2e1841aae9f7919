package io.kvcache.bench.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvcache.lustre.cli.CommandLineException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Token ids as people write them: separated by commas or white space, or a JSON array. */
final class TokenIds {
  private static final Pattern SEPARATOR = Pattern.compile("\\s*,\\s*|\\s+");

  private TokenIds() {}

  /** The ids that a UTF-8 file holds. */
  static int[] read(String option, Path file) {
    String source = option + " " + file;
    try {
      return parse(source, Files.readString(file));
    } catch (NoSuchFileException e) {
      throw new CommandLineException(source + ": there is no such file", e);
    } catch (CharacterCodingException e) {
      throw new CommandLineException(source + " is not UTF-8 text", e);
    } catch (IOException e) {
      throw new CommandLineException(source + " cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * The ids that a text holds; none if it is blank.
   *
   * @param source the option or file, for the message
   */
  static int[] parse(String source, String text) {
    String trimmed = text.strip();
    if (trimmed.isEmpty()) {
      return new int[0];
    }
    return trimmed.startsWith("[") ? fromJson(source, trimmed) : fromList(source, trimmed);
  }

  private static int[] fromList(String source, String text) {
    String[] words = SEPARATOR.split(text);
    int[] ids = new int[words.length];
    for (int i = 0; i < ids.length; i++) {
      try {
        ids[i] = Integer.parseInt(words[i]);
      } catch (NumberFormatException e) {
        throw refused(source, i, words[i]);
      }
      if (ids[i] < 0) {
        throw refused(source, i, words[i]);
      }
    }
    return ids;
  }

  private static int[] fromJson(String source, String text) {
    JsonNode array = JsonInput.parse(source, text);
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = array.get(i);
      if (!id.isInt() || id.intValue() < 0) {
        throw refused(source, i, id.toString());
      }
      ids[i] = id.intValue();
    }
    return ids;
  }

  private static CommandLineException refused(String source, int index, String word) {
    return new CommandLineException(
        source
            + ": token "
            + index
            + " is \""
            + word
            + "\": ids are whole numbers from 0 to "
            + Integer.MAX_VALUE);
  }
}
