package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Seeds;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The bytes of lustre.lov are those that Lustre reads and writes. */
class LovLayoutTest {
  private static final int MIB = 1 << 20;

  /** What Lustre 2.17.57 gave for a file made by {@code lfs setstripe -c 2 -S 4M}. */
  private static final String MEASURED =
      "d00bd10b 01000000 0300000000000000 0104000002000000 00004000 0200 ffff" + "00".repeat(48);

  @Test
  void oneStripeOf4MibIsWrittenAsLustreReadsIt() {
    assertEquals(
        "d00bd10b 01000000 00000000000000000000000000000000 00004000 0100ffff".replace(" ", ""),
        hex(LovLayout.of(1, 4 * MIB).encode()));
  }

  @Test
  void aPoolMakesItVersion3() {
    assertEquals(
        ("d00bd30b 01000000 00000000000000000000000000000000 00000001 0400ffff"
                + "666c617368 0000000000000000000000")
            .replace(" ", ""),
        hex(LovLayout.of(4, 16 * MIB).withPool("flash").encode()));
  }

  @Test
  void allOstsAndTheLargestStripe() {
    assertEquals(
        "d00bd10b 01000000 00000000000000000000000000000000 0000ffff ffffffff".replace(" ", ""),
        hex(LovLayout.of(LovLayout.ALL, LovLayout.MAX_STRIPE_BYTES).encode()));
  }

  @Test
  void aFileOfARealLustreIsReadWithItsObjectsUnread() {
    assertEquals(Optional.of(LovLayout.of(2, 4 * MIB)), LovLayout.decode(bytes(MEASURED)));
  }

  @Test
  void theListOfOstsOfASpecificOneIsUnread() {
    String specific = hex(LovLayout.of(2, MIB).withPool("ssd").encode()).replace("d3", "d5");
    assertEquals(
        Optional.of(LovLayout.of(2, MIB).withPool("ssd")),
        LovLayout.decode(bytes(specific + "00".repeat(48))));
  }

  @Test
  void aPoolOf15CharactersIsReadAndAnEmptyOneIsNone() {
    LovLayout longest = LovLayout.of(1, MIB).withPool("a2345678901234_");
    assertEquals(Optional.of(longest), LovLayout.decode(longest.encode()));
    ByteBuffer empty = LovLayout.of(1, MIB).withPool("x").encode().put(32, (byte) 0);
    assertEquals(Optional.of(LovLayout.of(1, MIB)), LovLayout.decode(empty));
  }

  @Test
  void ofAProgressiveLayoutTheLastComponentIsToldAndThatThereAreMore() {
    LovLayout last =
        LovLayout.decode(
                composite(
                    LovLayout.of(1, MIB).encode(),
                    LovLayout.of(8, 4 * MIB).withPool("disk").encode()))
            .orElseThrow();
    assertEquals(new LovLayout(8, 4 * MIB, "disk", LovLayout.RAID0, 2), last);
    assertEquals("8 x 4 MiB in pool disk, the last of 2 components", last.toString());
    assertThrows(IllegalArgumentException.class, last::encode);
  }

  @Test
  void whatIsUnknownOrCutShortIsNoLayout() {
    String foreign = "d00bd70b" + MEASURED.replace(" ", "").substring(8);
    assertEquals(Optional.empty(), LovLayout.decode(bytes(foreign)));
    assertEquals(Optional.empty(), LovLayout.decode(bytes("")));
    ByteBuffer whole = composite(LovLayout.of(1, MIB).encode(), LovLayout.of(2, MIB).encode());
    for (int limit = 0; limit < whole.capacity(); limit++) {
      assertEquals(Optional.empty(), LovLayout.decode(whole.limit(limit)), "cut to " + limit);
    }
    ByteBuffer pooled = LovLayout.of(1, MIB).withPool("x").encode();
    assertEquals(Optional.empty(), LovLayout.decode(pooled.limit(47)));
  }

  @Test
  void whateverIsWrittenIsReadBack() {
    SplittableRandom random = Seeds.random("LovLayoutTest.whateverIsWrittenIsReadBack");
    for (int i = 0; i < 2000; i++) {
      int count = random.nextInt(20) == 0 ? LovLayout.ALL : 1 + random.nextInt(2000);
      LovLayout layout =
          LovLayout.of(count, random.nextLong(1 << 16) * LovLayout.STRIPE_UNIT_BYTES);
      if (random.nextBoolean()) {
        layout = layout.withPool("p" + Long.toString(random.nextLong(Long.MAX_VALUE), 36));
      }
      assertEquals(Optional.of(layout), LovLayout.decode(layout.encode()));
    }
  }

  @Test
  void noBytesMakeTheReaderThrow() {
    SplittableRandom random = Seeds.random("LovLayoutTest.noBytesMakeTheReaderThrow");
    int[] magics = {0x0BD10BD0, 0x0BD30BD0, 0x0BD50BD0, 0x0BD60BD0};
    for (int i = 0; i < 20_000; i++) {
      byte[] noise = new byte[random.nextInt(300)];
      random.nextBytes(noise);
      ByteBuffer value = ByteBuffer.wrap(noise).order(ByteOrder.LITTLE_ENDIAN);
      if (noise.length >= 16) {
        value.putInt(0, magics[random.nextInt(4)]).putShort(14, (short) random.nextInt(6));
      }
      LovLayout.decode(value).map(LovLayout::toString);
    }
  }

  @Test
  void whatLustreRefusesIsRefusedWithItsLimit() {
    refused("stripe count 2001: from 1 to 2000", () -> LovLayout.of(2001, MIB));
    refused("stripe count -2: from 1 to 2000", () -> LovLayout.of(-2, MIB));
    refused("stripe size of 100000 bytes", () -> LovLayout.of(1, 100_000));
    refused("stripe size of 4294967296 bytes", () -> LovLayout.of(1, 1L << 32));
    refused("stripe size of -65536 bytes", () -> LovLayout.of(1, -65_536));
    refused("use StripePolicy.inherit()", () -> LovLayout.of(0, 0));
    LovLayout fine = LovLayout.of(1, MIB);
    refused("pool ''", () -> fine.withPool(""));
    refused("1 to 15", () -> fine.withPool("a234567890123456"));
    refused("pool 'a/b'", () -> fine.withPool("a/b"));
    refused("pool 'inherit'", () -> fine.withPool("inherit"));
  }

  @Test
  void peopleReadIt() {
    assertEquals("1 x 64 KiB", LovLayout.of(1, 65_536).toString());
    assertEquals("all x default size", LovLayout.of(LovLayout.ALL, 0).toString());
    assertEquals(
        "lfs setstripe -c -1 -S 4194304 -p flash /d",
        LovLayout.of(LovLayout.ALL, 4 * MIB).withPool("flash").command("/d"));
  }

  private static void refused(String says, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.contains(says), message);
  }

  /** A progressive layout by the table of lustre_user.h. */
  static ByteBuffer composite(ByteBuffer... layouts) {
    int from = 32 + 48 * layouts.length;
    int bytes = from;
    for (ByteBuffer layout : layouts) {
      bytes += layout.limit();
    }
    ByteBuffer all = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    all.putInt(0, 0x0BD60BD0).putInt(4, bytes).putShort(14, (short) layouts.length);
    for (int i = 0; i < layouts.length; i++) {
      int entry = 32 + 48 * i;
      all.putLong(entry + 8, i * 64L * MIB).putLong(entry + 16, (i + 1) * 64L * MIB);
      all.putInt(entry + 24, from).putInt(entry + 28, layouts[i].limit());
      all.put(from, layouts[i], 0, layouts[i].limit());
      from += layouts[i].limit();
    }
    return all;
  }

  private static ByteBuffer bytes(String hex) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  private static String hex(ByteBuffer value) {
    byte[] bytes = new byte[value.limit()];
    value.get(0, bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
