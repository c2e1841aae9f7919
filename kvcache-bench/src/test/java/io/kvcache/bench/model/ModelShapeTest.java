package io.kvcache.bench.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.ElementType;
import io.kvcache.GroupKind;
import io.kvcache.KvLayout;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class ModelShapeTest {
  @TempDir private Path folder;

  private final Catalogue<ModelShape> models = Catalogue.models();

  @Test
  void theShippedModelsKeepWhatTheirConfigsSayPerToken() {
    assertEquals(
        List.of(
            "llama-3.3-70b",
            "llama-3.1-8b",
            "llama-3.1-405b",
            "deepseek-r1",
            "gemma-3-27b",
            "qwen3.5-35b-a3b"),
        models.names());
    assertEquals(327_680, models.named("llama-3.3-70b").bytesPerToken());
    assertEquals(131_072, models.named("llama-3.1-8b").bytesPerToken());
    assertEquals(516_096, models.named("llama-3.1-405b").bytesPerToken());
    assertEquals(70_272, models.named("deepseek-r1").bytesPerToken());
    assertEquals(62 * 8192, models.named("gemma-3-27b").bytesPerToken());
    assertEquals(20_480, models.named("qwen3.5-35b-a3b").bytesPerToken());
  }

  @Test
  void itsLayoutIsTheLibrarysForTheSameModel() {
    assertEquals(
        KvLayout.attention(80, 8, 128, ElementType.BF16), models.named("llama-3.3-70b").layout(1));
    assertEquals(
        KvLayout.attention(80, 1, 128, ElementType.BF16), models.named("llama-3.3-70b").layout(8));
    assertEquals(
        KvLayout.mla(61, 512, 64, ElementType.BF16), models.named("deepseek-r1").layout(8));
  }

  @Test
  void aHybridsLayoutHasEachKindOfLayerWhereTheModelHasIt() {
    KvLayout gemma = models.named("gemma-3-27b").layout(1);
    assertEquals(List.of(52, 10), gemma.groups().stream().map(g -> g.layerCount()).toList());
    assertEquals(GroupKind.WINDOW, gemma.groups().get(gemma.groupOf(0)).kind());
    assertEquals(1024, gemma.groups().get(gemma.groupOf(0)).window());
    assertEquals(GroupKind.FULL, gemma.groups().get(gemma.groupOf(5)).kind());
    ModelShape qwen = models.named("qwen3.5-35b-a3b");
    assertEquals(
        List.of(30, 10), qwen.layout(1).groups().stream().map(g -> g.layerCount()).toList());
    assertEquals(60 << 20, qwen.stateBytes(1));
    assertEquals(30 << 20, qwen.stateBytes(2));
  }

  @Test
  void aModelThatStandsForAnotherAnswersToItsNameAndSaysSo() {
    ModelShape gemma = models.named("gemma-4-31b");
    assertEquals("Gemma-3-27B", gemma.title());
    assertEquals("gemma-4-31b", gemma.standsFor());
  }

  @Test
  void aPrefillCostsTwoPerParameterAndTokenAndAttentionThatGrowsWithTheSquare() {
    ModelShape llama = models.named("llama-3.3-70b");
    double linear = 2 * 70_553_706_496.0 * 1000;
    double square = 2.0 * 80 * 8192;
    assertEquals(linear + square * 1e6, llama.prefillFlops(1000, 0), 1);
    assertEquals(linear + square * (1e6 + 2 * 1000 * 5000.0), llama.prefillFlops(1000, 5000), 1e3);
    assertEquals(0, llama.prefillFlops(0, 5000));
  }

  @Test
  void aPrefillInTwoPartsCostsWhatTheWholeCosts() {
    for (String name : List.of("llama-3.3-70b", "gemma-3-27b", "qwen3.5-35b-a3b")) {
      ModelShape model = models.named(name);
      double whole = model.prefillFlops(50_000, 0);
      double parts = model.prefillFlops(700, 0) + model.prefillFlops(49_300, 700);
      assertEquals(whole, parts, whole * 1e-12, name);
    }
    ModelShape latent = models.named("deepseek-r1");
    double whole = latent.prefillFlops(50_000, 0);
    double parts = latent.prefillFlops(25_000, 0) + latent.prefillFlops(25_000, 25_000);
    double expanded = 61 * 2.0 * 512 * 128 * 256 * 25_000;
    assertEquals(whole + expanded, parts, whole * 1e-12, "reused latents are expanded again");
  }

  @Test
  void aSlidingWindowBoundsWhatATokenSeesAndALinearLayerDoesNotLookBack() {
    WindowAttention window = new WindowAttention(1024, 32, 16, 128);
    FullAttention full = new FullAttention(32, 16, 128);
    assertEquals(full.prefillFlops(1024, 0), window.prefillFlops(1024, 0));
    assertEquals(
        4.0 * 32 * 128 * 1024 * 10_000, window.prefillFlops(10_000, 50_000), 1, "n x window");
    assertEquals(full.heldBytes(1024, 1, ElementType.BF16), held(window, 100_000));
    LinearAttention linear = new LinearAttention(32, 128, 128, ElementType.F32);
    assertEquals(linear.prefillFlops(1000, 0), linear.prefillFlops(1000, 100_000));
    assertEquals(2 << 20, held(linear, 100_000));
  }

  private static double held(Attention attention, long tokens) {
    return attention.heldBytes(tokens, 1, ElementType.BF16);
  }

  @Test
  void refusesShapesThatAreNone() {
    assertRefused("a multiple of kvHeads", () -> new FullAttention(7, 2, 128));
    assertRefused("window of 0 tokens", () -> new WindowAttention(0, 8, 8, 128));
    assertRefused("0 < active <= total", () -> new Parameters(1, 2, 0, 0, "me"));
    assertRefused("have no source", () -> new Parameters(1, 1, 0, 0, ""));
    assertRefused("8 of 0 experts", () -> new Parameters(2, 1, 0, 8, "me"));
    assertRefused(
        "width 3 does not divide kvHeads 8", () -> models.named("llama-3.3-70b").layout(3));
    assertRefused("-1 new tokens", () -> models.named("llama-3.3-70b").prefillFlops(-1, 0));
    assertRefused("no model \"gpt-2\": one of llama-3.3-70b", () -> models.named("gpt-2"));
  }

  @Test
  void aFileOfModelsIsReadToTheLetter() throws IOException {
    String text;
    try (InputStream in = Catalogue.class.getResourceAsStream("models.json")) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    Path file = folder.resolve("models.json");
    Files.writeString(file, text.replace("\"layers\": 80", "\"layers\": 80.9"));
    assertRefused(file + ", line 6: field 0.layers", () -> Catalogue.models(file));
    Files.writeString(file, text.replace("\"headDim\": 128", "\"headDim\": null"));
    assertRefused("field 0.attention.global.headDim is missing", () -> Catalogue.models(file));
    Files.writeString(file, text.replace("\"kind\": \"full\"", "\"kind\": \"half\""));
    assertRefused("field 0.attention.global: no kind half", () -> Catalogue.models(file));
    Files.writeString(file, text.replace("\"hidden\": 8192,", "\"hidden\": 8192, \"depth\": 1,"));
    assertRefused("field 0.depth is unknown: one of attention,", () -> Catalogue.models(file));
    Files.writeString(file, "{}");
    assertRefused("an array is expected", () -> Catalogue.models(file));
  }

  private static void assertRefused(String expected, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.contains(expected), message);
  }
}
