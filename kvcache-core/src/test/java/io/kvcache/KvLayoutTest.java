package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class KvLayoutTest {
  private static final LayoutPart K = new LayoutPart("k", 16);
  private static final LayoutPart V = new LayoutPart("v", 16);

  private static KvLayout.Builder plain() {
    return KvLayout.builder().elementType(ElementType.BF16).full(new int[] {0, 1}, K, V);
  }

  private static void assertRefused(String expected, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.contains(expected), message);
  }

  @Test
  void knownModelsTakeTheBytesPerTokenThatTheirConfigsSay() {
    assertEquals(327_680, KvLayout.attention(80, 8, 128, ElementType.BF16).bytesPerToken());
    assertEquals(40_960, KvLayout.attention(80, 1, 128, ElementType.BF16).bytesPerToken());
    assertEquals(70_272, KvLayout.mla(61, 512, 64, ElementType.BF16).bytesPerToken());
    assertEquals(131_072, KvLayout.attention(32, 8, 128, ElementType.BF16).bytesPerToken());
  }

  @Test
  void theDefaultsAreVllmsBlockAndAFileWorthAChunk() {
    KvLayout layout = plain().build();
    assertEquals(16, layout.blockTokens());
    assertEquals(256, layout.chunkTokens());
    assertEquals(4096, layout.alignment());
    assertEquals("NHD", layout.arrangement());
  }

  @Test
  void aHybridCountsRowsButNoStatesPerToken() {
    KvLayout layout =
        KvLayout.builder()
            .elementType(ElementType.BF16)
            .full(new int[] {7, 3}, K, V)
            .window(1024, new int[] {0, 2}, K)
            .state(new int[] {1, 5}, new LayoutPart("s", 65_536))
            .build();
    assertEquals(2 * 32 + 2 * 16, layout.bytesPerToken());
    assertTrue(layout.hasState());
    assertFalse(plain().build().hasState());
    assertEquals(0, layout.groupOf(7));
    assertEquals(1, layout.groupOf(2));
    assertEquals(2, layout.groupOf(5));
    assertRefused("layer 4 is not in the layout", () -> layout.groupOf(4));
    LayoutGroup full = layout.groups().get(0);
    assertEquals(3, full.layer(0), "ascending, however declared");
    assertEquals(256L * 32, full.layerBytes(256));
    LayoutGroup state = layout.groups().get(2);
    assertEquals(1, state.rows(256));
    assertEquals(65_536, state.layerBytes(256));
  }

  @Test
  void refusesALayerThatIsDeclaredTwice() {
    assertRefused(
        "layer 1 is declared twice", () -> plain().window(8, new int[] {1, 2}, K).build());
    assertRefused("layer 4 is declared twice", () -> plain().full(new int[] {4, 4}, K).build());
  }

  @Test
  void refusesAChunkThatIsNoMultipleOfTheBlock() {
    assertRefused(
        "chunkTokens = 100 is no multiple of blockTokens = 16",
        () -> plain().chunkTokens(100).build());
    assertRefused(
        "chunkTokens = 256 is no multiple of blockTokens = 24",
        () -> plain().blockTokens(24).build());
    assertEquals(48, plain().blockTokens(24).chunkTokens(48).build().chunkTokens());
  }

  @Test
  void refusesWhatIsMissing() {
    assertRefused("no element type", () -> KvLayout.builder().full(new int[] {0}, K).build());
    assertRefused("no groups", () -> KvLayout.builder().elementType(ElementType.F32).build());
    assertRefused("without layers", () -> plain().full(new int[0], K));
    assertRefused("without parts", () -> plain().full(new int[] {5}));
  }

  @Test
  void refusesASettingMadeTwice() {
    assertRefused("elementType is set twice", () -> plain().elementType(ElementType.BF16));
    assertRefused("blockTokens is set twice", () -> plain().blockTokens(16).blockTokens(16));
    assertRefused("chunkTokens is set twice", () -> plain().chunkTokens(64).chunkTokens(32));
    assertRefused("alignment is set twice", () -> plain().alignment(8192).alignment(8192));
    assertRefused("arrangement is set twice", () -> plain().arrangement("a").arrangement("b"));
  }

  @Test
  void refusesValuesOutOfRange() {
    assertRefused("blockTokens = 0", () -> plain().blockTokens(0));
    assertRefused("chunkTokens = -16", () -> plain().chunkTokens(-16));
    assertRefused("alignment of 1000 bytes", () -> plain().alignment(1000));
    assertRefused("alignment of 2048 bytes", () -> plain().alignment(2048));
    assertRefused("window of 0 tokens", () -> plain().window(0, new int[] {5}, K));
    assertRefused("layer numbers are 0 to 65535", () -> plain().full(new int[] {-1}, K));
    assertRefused("layer numbers are 0 to 65535", () -> plain().full(new int[] {65_536}, K));
    assertRefused("layers = 0", () -> KvLayout.attention(0, 8, 128, ElementType.BF16));
    assertRefused("0 x 128", () -> KvLayout.attention(80, 0, 128, ElementType.BF16));
    assertRefused("latentDim 0", () -> KvLayout.mla(61, 0, 64, ElementType.BF16));
    assertRefused("0 bytes", () -> new LayoutPart("k", 0));
    assertRefused("part name is empty", () -> new LayoutPart("", 1));
  }

  @Test
  void aCopyKeepsWhatItDoesNotSet() {
    KvLayout layout =
        plain().blockTokens(8).chunkTokens(32).alignment(8192).arrangement("HND").build();
    assertEquals(layout, layout.toBuilder().build());
    assertEquals(layout.hashCode(), layout.toBuilder().build().hashCode());
    KvLayout longer = layout.toBuilder().chunkTokens(64).build();
    assertEquals(64, longer.chunkTokens());
    assertEquals(8, longer.blockTokens());
    assertEquals("HND", longer.arrangement());
    assertNotEquals(layout, longer);
  }
}
