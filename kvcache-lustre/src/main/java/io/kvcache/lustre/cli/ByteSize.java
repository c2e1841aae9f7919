package io.kvcache.lustre.cli;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A number of bytes as people write it: {@code 500GB} is 500 * 10^9, {@code 2GiB} is 2 * 2^30, a
 * number alone is bytes. A single letter is refused, since it means the one here and the other
 * there.
 *
 * @param bytes 1 at least
 */
public record ByteSize(long bytes) {
  private static final Pattern FORM = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)\\s*([A-Za-z]*)");
  private static final Map<String, Long> UNITS =
      Map.ofEntries(
          Map.entry("", 1L),
          Map.entry("b", 1L),
          Map.entry("kb", 1_000L),
          Map.entry("mb", 1_000_000L),
          Map.entry("gb", 1_000_000_000L),
          Map.entry("tb", 1_000_000_000_000L),
          Map.entry("pb", 1_000_000_000_000_000L),
          Map.entry("kib", 1L << 10),
          Map.entry("mib", 1L << 20),
          Map.entry("gib", 1L << 30),
          Map.entry("tib", 1L << 40),
          Map.entry("pib", 1L << 50));
  private static final String[] NAMES = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

  /**
   * Reads a size.
   *
   * @throws IllegalArgumentException if it is none, or not from 1 to 2^63 - 1
   */
  public static ByteSize parse(String text) {
    Matcher form = FORM.matcher(text.strip());
    if (!form.matches()) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is no size: a number of bytes, or with a unit such as 500GB or 2GiB");
    }
    Long unit = UNITS.get(form.group(2).toLowerCase(Locale.ROOT));
    if (unit == null) {
      throw new IllegalArgumentException(
          "\""
              + text
              + "\" has the unit "
              + form.group(2)
              + ": one of kB, MB, GB, TB, PB (powers of 1000) or KiB, MiB, GiB, TiB, PiB (of 1024)");
    }
    BigDecimal bytes = new BigDecimal(form.group(1)).multiply(BigDecimal.valueOf(unit));
    if (bytes.compareTo(BigDecimal.ONE) < 0
        || bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw new IllegalArgumentException("\"" + text + "\": from 1 byte to 2^63 - 1");
    }
    return new ByteSize(bytes.longValue());
  }

  /** Bytes for people to read, in powers of 1000. */
  public static String text(long bytes) {
    int unit = 0;
    double value = bytes;
    while (Math.abs(value) >= 999.95 && unit < NAMES.length - 1) {
      value /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, NAMES[unit]);
  }

  /** For options. */
  static final class Converter implements ITypeConverter<ByteSize> {
    @Override
    public ByteSize convert(String value) {
      try {
        return parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
