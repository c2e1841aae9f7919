package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.ChunkKey;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class ImageNameTest {
  private static final String KEY = "0123456789abcdef".repeat(3) + "fedcba9876543210";
  private final ImageName parts = new ImageName();

  @Test
  void whatAnImagePathSpellsIsReadBack() {
    ImagePath path = new ImagePath(Path.of("ns"), ChunkKey.parse(KEY), 1234, 5);
    String name = path.published().getFileName().toString();
    assertTrue(parts.isImage(name));
    assertEquals(1234, parts.index);
    assertEquals(5, parts.group);
    assertEquals(ChunkKey.parse(KEY).id64(), parts.keyBits);
    assertEquals(path, ImageName.path(Path.of("ns"), name));
    assertEquals(
        "aBcdef12", parts.ownerOfTemporary(path.temporary("aBcdef12").getFileName().toString()));
  }

  @Test
  void whatIsSpelledOtherwiseIsNotOurs() {
    for (String name :
        List.of(
            "",
            "config.json",
            KEY,
            KEY + "-1",
            KEY + "-1.g",
            KEY + "-.g0",
            KEY + "-1.h0",
            KEY + "-01.g0",
            KEY + "-1.g0 ",
            KEY + "-1.g0.bak",
            KEY + "--1.g0",
            KEY + "-12345678901.g0",
            KEY.toUpperCase(Locale.ROOT) + "-1.g0",
            KEY.substring(1) + "-1.g0",
            "." + KEY + "-1.g0")) {
      assertFalse(parts.isImage(name), name);
    }
    for (String name :
        List.of(
            KEY + "-1.g0",
            "." + KEY + "-1.g0",
            "." + KEY + "-1.g0.ABcdef12",
            "." + KEY + "-1.g0.aBcdef1",
            "." + KEY + "-1.g0.aBcdef1!",
            "." + KEY + "-1.g0aBcdef12",
            ".." + KEY + "-1.g0.aBcdef12",
            ".nfs000000000000abcd.aBcdef12")) {
      assertNull(parts.ownerOfTemporary(name), name);
    }
  }

  @Test
  void aTokenThatIsMadeIsSpelledAsOne() {
    assertTrue(OwnerToken.is(OwnerToken.create()));
  }
}
