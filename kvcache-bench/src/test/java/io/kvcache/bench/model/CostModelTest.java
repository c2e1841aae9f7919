package io.kvcache.bench.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class CostModelTest {
  @TempDir private Path folder;

  private static Deployment on(String model, String accelerator, Precision precision, int width) {
    return new Deployment(
        Catalogue.models().named(model),
        Catalogue.accelerators().named(accelerator),
        precision,
        width);
  }

  @Test
  void aPrefillTakesItsOverheadItsOperationsAndItsSums() {
    Deployment eight = on("llama-3.3-70b", "h100", Precision.BF16, 8);
    double flops = eight.model().prefillFlops(10_000, 40_000);
    double sums = 2.0 * 80 * 8192 * 2 * 10_000 / 450e9;
    assertEquals(
        0.05 + flops / (8 * 989e12 * 0.48) + sums,
        new PrefillCostModel(eight, 0.05).seconds(10_000, 40_000),
        1e-9);
    assertEquals(0.05, new PrefillCostModel(eight, 0.05).seconds(0, 50_000));
    assertEquals(0, on("llama-3.1-8b", "h100", Precision.BF16, 1).linkSeconds(10_000));
  }

  @Test
  void attentionIsInItsOwnPrecisionWhereTheModelNamesOneAndWhatIsExpandedInThatOfTheWeights() {
    Deployment node = on("deepseek-r1", "h200", Precision.FP8, 8);
    PrefillParts parts = new PrefillCostModel(node, 0).parts(10_000, 40_000);
    double pairs = 10_000 * 10_000 / 2.0 + 10_000 * 40_000.0;
    double attention = 61 * 2.0 * 128 * (128 + 64 + 128) * pairs;
    assertEquals(attention / (8 * 989e12 * 0.48), parts.attention(), 1e-9);
    double weights = 2 * 37e9 * 10_000 + 61 * 2.0 * 512 * 128 * 256 * 40_000;
    assertEquals(weights / (8 * 1979e12 * 0.456), parts.weights(), 1e-9);
    assertEquals(
        new PrefillCostModel(node, 0).seconds(10_000, 40_000),
        parts.weights() + parts.attention() + parts.link(),
        1e-9);
  }

  @Test
  void oneEfficiencyMayStandForBothPrecisions() {
    Deployment node =
        on("deepseek-r1", "h200", Precision.FP8, 8).withEfficiency(new Sourced(0.3, "me"));
    node.accelerator().efficiency().values().forEach(e -> assertEquals(0.3, e.value()));
  }

  @Test
  void aDecodeStepOfFewSequencesTakesTheTimeOfReadingWeightsAndKeys() {
    Deployment one = on("llama-3.1-8b", "h100", Precision.BF16, 1);
    double moved = 8_030_261_248.0 * 2 + 4 * 10_000 * 131_072.0;
    assertEquals(moved / (3.35e12 * 0.6), new DecodeCostModel(one).seconds(4, 40_000), 1e-9);
  }

  @Test
  void aDecodeStepOfVeryManyShortSequencesTakesTheTimeOfMultiplying() {
    Deployment one = on("llama-3.1-8b", "h100", Precision.BF16, 1);
    double step = new DecodeCostModel(one).seconds(4096, 4096);
    assertTrue(step > 4096 * 2 * 8.03e9 / (989e12 * 0.48), () -> step + " s");
    assertTrue(step < 1.1 * 4096 * 2 * 8.03e9 / (989e12 * 0.48), () -> step + " s");
  }

  @Test
  void aSmallBatchReadsOnlyTheExpertsThatItIsRoutedTo() {
    Parameters weights = Catalogue.models().named("deepseek-r1").parameters();
    assertEquals(37e9, weights.read(1), 1e6);
    assertTrue(weights.read(8) > 100e9 && weights.read(8) < 200e9);
    assertEquals(671e9, weights.read(10_000), 1e6);
  }

  @Test
  void asManySequencesFitAsTheMemoryBesideTheWeightsHolds() {
    Batching eight = new Batching(on("llama-3.3-70b", "h100", Precision.BF16, 8));
    double free = 8 * 80e9 * 0.9 - 70_553_706_496.0 * 2;
    assertEquals(free / 8, eight.freeBytes(), 1);
    assertEquals((long) (free / (50_000 * 327_680.0)), eight.sequences(50_000));
    Batching latents = new Batching(on("deepseek-r1", "h200", Precision.FP8, 8));
    double freeOfOne = 141e9 * 0.9 - 671e9 / 8;
    assertEquals(
        (long) (freeOfOne / (50_000 * 70_272.0)),
        latents.sequences(50_000),
        "each accelerator holds whole latents");
  }

  @Test
  void weightsThatDoNotFitAreRefusedWithTheirSize() {
    assertRefused(
        "141 GB of weights do not fit 72 GB",
        () -> new Batching(on("llama-3.3-70b", "h100", Precision.BF16, 1)));
  }

  @Test
  void refusesDeploymentsThatThereAreNot() {
    assertRefused("a100 has no FP8", () -> on("llama-3.1-8b", "a100", Precision.FP8, 1));
    assertRefused("width 0", () -> on("llama-3.1-8b", "a100", Precision.BF16, 0));
    assertRefused("no accelerator \"tpu\"", () -> on("llama-3.1-8b", "tpu", Precision.BF16, 1));
    Deployment one = on("llama-3.1-8b", "h100", Precision.BF16, 1);
    assertRefused("fixed overhead of -1.0 s", () -> new PrefillCostModel(one, -1));
    assertRefused("0 sequences", () -> new DecodeCostModel(one).seconds(0, 1));
    assertRefused("context of 0 tokens", () -> new Batching(one).sequences(0));
  }

  @Test
  void aFileWithAnAcceleratorOfTheSameFormIsReadAndItsErrorsAreOneLineWithItsNumber()
      throws IOException {
    Path file = folder.resolve("mine.json");
    String mine =
        """
        [{"name": "mine", "title": "Mine",
          "peakFlops": {"BF16": {"value": 1e14, "source": "me"}},
          "efficiency": {"BF16": {"value": 0.5, "source": "me"}},
          "hbmBytes": {"value": 1e11, "source": "me"},
          "usableHbm": {"value": 0.9, "source": "me"},
          "hbmBandwidth": {"value": 1e12, "source": "me"},
          "hbmEfficiency": {"value": 0.5, "source": "me"},
          "linkBandwidth": {"value": 1e11, "source": "me"},
          "allReduceTraffic": {"value": 2, "source": "me"},
          "hostBandwidth": {"value": 1e10, "source": "me"}}]
        """;
    Files.writeString(file, mine);
    assertEquals("Mine", Catalogue.accelerators(file).named("mine").title());
    Files.writeString(file, mine.replace("{\"value\": 1e12,", "{\"value\": 0,"));
    assertRefused(file + ", line 6: value 0.0", () -> Catalogue.accelerators(file));
    Files.writeString(file, mine.replace("\"hbmBytes\"", "\"hmbBytes\""));
    assertRefused("mine: hbmBytes is missing", () -> Catalogue.accelerators(file));
    Files.writeString(file, mine.replace("0.5, \"source\": \"me\"}}", "5, \"source\": \"me\"}}"));
    assertRefused("efficiency of BF16 is 5.0: at most 1", () -> Catalogue.accelerators(file));
    Files.writeString(file, "[]");
    assertRefused("at least one object", () -> Catalogue.accelerators(file));
    Files.writeString(file, "{");
    assertRefused(file.toString(), () -> Catalogue.accelerators(file));
  }

  static void assertRefused(String expected, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.contains(expected), message);
    assertEquals(1, message.lines().count(), message);
  }
}
