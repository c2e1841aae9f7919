package io.kvcache.bench.ttft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TierMixTest {
  @Test
  void aTierAloneHasAllChunks() {
    assertEquals(new TierMix("file", 0, 0, 100), TierMix.parse("file"));
    assertEquals(10, TierMix.parse("hbm").hbmChunks(10));
    assertEquals(10, TierMix.parse("hbm").memoryChunks(10));
  }

  @Test
  void aMixtureBeginsWithTheFastestTier() {
    TierMix mix = TierMix.parse("hbm:20+dram:30+file:50");
    assertEquals(2, mix.hbmChunks(10));
    assertEquals(5, mix.memoryChunks(10));
  }

  @Test
  void severalAreSeparatedByCommas() {
    assertEquals(
        List.of("none", "dram:50+file:50"),
        TierMix.parseAll("none,dram:50+file:50").stream().map(TierMix::name).toList());
    assertTrue(TierMix.parseAll("none").get(0).none());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tape",
        "",
        "dram:50",
        "dram:50+file:49",
        "dram:x+file:50",
        "dram:50+dram:50",
        "dram:0+file:100",
        "none:100",
        "file,file"
      })
  void whatIsNoTierIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> TierMix.parseAll(text));
  }
}
