package io.kvcache.bench.cli;

import io.kvcache.lustre.cli.CommandLineException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A file that an option names. */
final class InputFile {
  private InputFile() {}

  /** Makes something of a file; an {@link IllegalArgumentException} says what is wrong with it. */
  interface Reader<T> {
    T read(Path file) throws IOException;
  }

  /**
   * What the reader makes of it.
   *
   * @param option which named it
   * @throws CommandLineException in one line, if it cannot be read or is not what it should be
   */
  static <T> T read(String option, Path file, Reader<T> reader) {
    try {
      return reader.read(file);
    } catch (IllegalArgumentException e) {
      throw new CommandLineException(e.getMessage(), e);
    } catch (NoSuchFileException e) {
      throw new CommandLineException(option + " " + file + ": there is no such file", e);
    } catch (CharacterCodingException e) {
      throw new CommandLineException(option + " " + file + " is not UTF-8 text", e);
    } catch (IOException e) {
      throw new CommandLineException(option + " " + file + " cannot be read: " + e.getMessage(), e);
    }
  }
}
