package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Versions are found in what clients say, and compare by their numbers. */
class LustreVersionTest {
  private static LustreVersion version(String text) {
    return LustreVersion.find(text).orElseThrow();
  }

  @Test
  void numbersCompareNotLetters() {
    assertTrue(version("2.9.0").compareTo(version("2.15")) < 0);
    assertTrue(version("2.14").compareTo(version("2.15")) < 0);
    assertTrue(version("2.17.57").compareTo(version("2.17.0")) > 0);
    assertEquals(version("2.15"), version("2.15.0"));
    assertTrue(version("3.0").isAtLeast(2, 15));
    assertFalse(version("2.14.99").isAtLeast(2, 15));
  }

  @Test
  void whatVendorsAndOldClientsAddIsLeftOut() {
    assertEquals(new LustreVersion(2, 15, 4), version("2.15.4_ddn\n"));
    assertEquals(new LustreVersion(2, 12, 9), version("2.12.9_ddn48-1-g123abc"));
    assertEquals(
        new LustreVersion(2, 10, 8), version("lustre: 2.10.8\nkernel: patchless_client\n"));
    assertEquals("2.16.0", version("2.16").toString());
  }

  @Test
  void whatIsNoneIsNone() {
    assertEquals(Optional.empty(), LustreVersion.find(""));
    assertEquals(Optional.empty(), LustreVersion.find("unknown"));
    assertEquals(Optional.empty(), LustreVersion.find("v2"));
  }
}
