package io.kvcache.prefix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CborWriterTest {
  private static String hex(Object value) {
    return HexFormat.of().formatHex(CborWriter.encode(value));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 00",
    "23, 17",
    "24, 1818",
    "255, 18ff",
    "256, 190100",
    "65535, 19ffff",
    "65536, 1a00010000",
    "2147483647, 1a7fffffff",
    "4294967295, 1affffffff",
    "4294967296, 1b0000000100000000",
    "9223372036854775807, 1b7fffffffffffffff",
    "-1, 20",
    "-24, 37",
    "-25, 3818",
    "-256, 38ff",
    "-257, 390100",
    "-9223372036854775808, 3b7fffffffffffffff",
  })
  void integersTakeTheShortestHead(long value, String expected) {
    assertEquals(expected, hex(value));
    if (value == (int) value) {
      assertEquals(expected, hex((int) value), "as an Integer");
    }
  }

  @Test
  void textAndBytesAndArraysCarryTheirLength() {
    assertEquals("60", hex(""));
    assertEquals("6161", hex("a"));
    assertEquals("66c3a9f09d849e", hex("\u00e9\ud834\udd1e"), "UTF-8 bytes are counted, not chars");
    assertEquals("7818" + "78".repeat(24), hex("x".repeat(24)));
    assertEquals("790100" + "78".repeat(256), hex("x".repeat(256)));
    assertEquals("40", hex(new byte[0]));
    assertEquals("4200ff", hex(new byte[] {0, (byte) 0xff}));
    assertEquals("80", hex(List.of()));
    assertEquals("8401808202036161", hex(List.of(1, List.of(), List.of(2, 3), "a")));
    assertEquals("9818" + "00".repeat(24), hex(Collections.nCopies(24, 0)));
  }

  @Test
  void refusesWhatHasNoEncoding() {
    for (Object value : Arrays.asList(1.5, true, null, new int[0], List.of('c'))) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> CborWriter.encode(value)).getMessage();
      assertTrue(message.contains("String, Integer, Long, byte[] or a List"), message);
    }
  }

  @Test
  void refusesALoneSurrogateBecauseAllOfThemWouldLookAlike() {
    assertThrows(IllegalArgumentException.class, () -> CborWriter.encode("tenant\ud800"));
  }

  @Test
  void idsOfEveryMagnitudeAreWrittenAsIntegersAre() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int[] ids = new int[10_000];
    Arrays.setAll(ids, i -> random.nextInt() >>> 1 + random.nextInt(31));
    int[] edges = {0, 23, 24, 255, 256, 65535, 65536, Integer.MAX_VALUE};
    System.arraycopy(edges, 0, ids, 100, edges.length);
    CborWriter expected = new CborWriter(0);
    for (int id : ids) {
      expected.value(id);
    }
    CborWriter actual = new CborWriter(0);
    actual.ids(ids, 0, 1);
    actual.ids(ids, 1, ids.length - 1);
    assertEquals(
        HexFormat.of().formatHex(expected.toBytes()),
        HexFormat.of().formatHex(actual.toBytes()),
        () -> "seed " + seed);
  }
}
