package io.kvcache.lustre.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "123456789012, 123456789012",
    "7B, 7",
    "500GB, 500000000000",
    "2GiB, 2147483648",
    "2 gib, 2147483648",
    "1.5TiB, 1649267441664",
    "0.5kB, 500",
    "3MB, 3000000",
    "1PiB, 1125899906842624",
    "8191PiB, 9222246136947933184",
  })
  void sizesAreReadWithTheirUnits(String text, long bytes) {
    assertEquals(bytes, ByteSize.parse(text).bytes());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " ", "GB", "-1", "1e9", "1,000", "5G", "5 g", "5GBit", "0", "0.2B", "8192PiB", "1_000"
      })
  void whatIsNoSizeIsRefusedWithWhatWasGiven(String text) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> ByteSize.parse(text)).getMessage();
    assertTrue(message.contains("\"" + text + "\""), message);
  }

  @Test
  void bytesAreSpelledForPeople() {
    assertEquals("0 B", ByteSize.text(0));
    assertEquals("999 B", ByteSize.text(999));
    assertEquals("1.0 kB", ByteSize.text(1000));
    assertEquals("1.0 MB", ByteSize.text(999_990));
    assertEquals("2.1 GB", ByteSize.text(2L << 30));
    assertEquals("9.2 EB", ByteSize.text(Long.MAX_VALUE));
  }
}
