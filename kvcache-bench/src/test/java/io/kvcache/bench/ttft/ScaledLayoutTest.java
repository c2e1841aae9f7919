package io.kvcache.bench.ttft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.ElementType;
import io.kvcache.GroupKind;
import io.kvcache.KvLayout;
import io.kvcache.LayoutPart;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.model.ModelShape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScaledLayoutTest {
  private static final KvLayout LLAMA_70B = KvLayout.attention(80, 8, 128, ElementType.BF16);

  @Test
  void kIsTheScenariosBandwidthOverTheDirectorys() {
    BandwidthScale scale = new BandwidthScale(100e9, 2e9);
    assertEquals(50, scale.k(), 1e-12);
    assertEquals(512e9 / 50, scale.here(512e9), 1);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void aBandwidthThatIsNoneIsRefused(double bandwidth) {
    assertThrows(IllegalArgumentException.class, () -> new BandwidthScale(bandwidth, 1e9));
    assertThrows(IllegalArgumentException.class, () -> new BandwidthScale(1e9, bandwidth));
  }

  @Test
  void bytesPerTokenAreDividedByK() {
    ScaledLayout scaled = ScaledLayout.of(LLAMA_70B, 50);
    assertEquals(327_680, scaled.realBytesPerToken());
    assertEquals(6_553.6, scaled.exactBytesPerToken(), 1e-9);
    assertEquals(6_553.6 * (1 + scaled.rounding()), scaled.fileBytesPerToken(), 1e-6);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 1, 2, 8, 20, 50, 95.87, 150})
  void roundingIsBelowOnePercent(double k) {
    ScaledLayout scaled = ScaledLayout.of(LLAMA_70B, k);
    assertTrue(Math.abs(scaled.rounding()) < 0.01, scaled.layout() + ": " + scaled.rounding());
    assertEquals(256, scaled.layout().chunkTokens());
  }

  @Test
  void withoutScalingTheLayersStay() {
    assertEquals(80, ScaledLayout.layers(ScaledLayout.of(LLAMA_70B, 1).layout()));
  }

  @Test
  void pagesThatAreTooCoarseTakeLayersAway() {
    int layers = ScaledLayout.layers(ScaledLayout.of(LLAMA_70B, 100).layout());
    assertTrue(layers > 0 && layers < 80, layers + " layers");
  }

  @Test
  void aChunkOfLessThanAFewPagesIsRefusedWithTheRemedy() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> ScaledLayout.of(LLAMA_70B, 1e6))
            .getMessage();
    assertTrue(message.contains("a lower bandwidth or longer chunks"), message);
  }

  @Test
  void hybridsKeepTheirGroups() {
    KvLayout gemma = Catalogue.models().named("gemma-3-27b").layout(1);
    ScaledLayout scaled = ScaledLayout.of(gemma, 10);
    assertEquals(
        gemma.groups().stream().map(g -> g.kind() + " " + g.window()).toList(),
        scaled.layout().groups().stream().map(g -> g.kind() + " " + g.window()).toList());
    assertTrue(Math.abs(scaled.rounding()) < 0.01, () -> "" + scaled.rounding());
  }

  @Test
  void everyModelOfTheCatalogueCanBeDivided() {
    for (ModelShape model : Catalogue.models().entries()) {
      ScaledLayout scaled = ScaledLayout.of(model.layout(1), 20);
      assertTrue(Math.abs(scaled.rounding()) < 0.02, model.name() + ": " + scaled.rounding());
    }
  }

  @Test
  void ofWindowsTheLastOneIsRestoredAndOfStatesTheLast() {
    KvLayout hybrid =
        KvLayout.builder()
            .elementType(ElementType.BF16)
            .full(new int[] {0}, new LayoutPart("k", 1024))
            .window(300, new int[] {1}, new LayoutPart("k", 1024))
            .state(new int[] {2}, new LayoutPart("s", 1 << 20))
            .build();
    ScaledLayout scaled = ScaledLayout.of(hybrid, 2);
    assertEquals(GroupKind.STATE, scaled.layout().groups().get(2).kind());
    long chunk = 256 * 1024;
    assertEquals(10 * chunk + 2 * chunk + (1 << 20), scaled.realBytes(10 * 256));
    assertEquals(0, scaled.realBytes(0));
  }
}
