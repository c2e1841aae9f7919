package io.kvcache.bench.model;

import static io.kvcache.bench.model.CostModelTest.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CalibrationTest {
  @TempDir private Path folder;

  private final Deployment deployment =
      new Deployment(
          Catalogue.models().named("llama-3.3-70b"),
          Catalogue.accelerators().named("h100"),
          Precision.BF16,
          8);

  private List<MeasuredPrefill> timesOf(double efficiency, double overhead) {
    Deployment real =
        new Deployment(
            deployment.model(),
            deployment
                .accelerator()
                .withEfficiency(Precision.BF16, new Sourced(efficiency, "the machine")),
            Precision.BF16,
            8);
    PrefillCostModel machine = new PrefillCostModel(real, overhead);
    return Stream.of(new long[] {512, 0}, new long[] {8192, 0}, new long[] {4096, 32_768})
        .map(np -> new MeasuredPrefill(np[0], np[1], machine.seconds(np[0], np[1])))
        .toList();
  }

  @Test
  void findsTheOverheadAndTheEfficiencyThatTheTimesCameFrom() {
    Calibration found = Calibration.fit(deployment, timesOf(0.37, 0.12));
    assertEquals(0.37, found.efficiency(), 1e-9);
    assertEquals(0.12, found.fixedOverheadSeconds(), 1e-9);
    found.residuals().forEach(r -> assertEquals(0, r, 1e-9));
    MeasuredPrefill any = timesOf(0.37, 0.12).get(2);
    assertEquals(any.seconds(), found.model().seconds(any.newTokens(), any.reusedTokens()), 1e-9);
  }

  @Test
  void anOverheadBelowNothingIsNoneAndTheEfficiencyIsFittedWithoutIt() {
    List<MeasuredPrefill> times =
        timesOf(0.4, 0).stream()
            .map(
                m ->
                    m.newTokens() == 512
                        ? new MeasuredPrefill(m.newTokens(), m.reusedTokens(), m.seconds() * 0.8)
                        : m)
            .toList();
    Calibration found = Calibration.fit(deployment, times);
    assertEquals(0, found.fixedOverheadSeconds());
    assertTrue(found.efficiency() > 0.4 && found.efficiency() < 0.5, () -> "" + found);
    assertTrue(found.residuals().get(0) > 0.05, () -> "" + found.residuals());
  }

  @Test
  void refusesTimesThatSayNothingOrNothingPossible() {
    List<MeasuredPrefill> alike =
        List.of(new MeasuredPrefill(1000, 0, 0.1), new MeasuredPrefill(1001, 0, 0.1));
    assertRefused("2 prefills of about the same work", () -> Calibration.fit(deployment, alike));
    assertRefused("0 prefills", () -> Calibration.fit(deployment, List.of()));
    List<MeasuredPrefill> tooFast =
        timesOf(0.9, 0).stream()
            .map(m -> new MeasuredPrefill(m.newTokens(), m.reusedTokens(), m.seconds() / 2))
            .toList();
    assertRefused("of the accelerators' peak", () -> Calibration.fit(deployment, tooFast));
    List<MeasuredPrefill> shrinking =
        List.of(new MeasuredPrefill(1000, 0, 9), new MeasuredPrefill(100_000, 0, 1));
    assertRefused("of the accelerators' peak", () -> Calibration.fit(deployment, shrinking));
    assertRefused("in 0.0 s", () -> new MeasuredPrefill(1, 0, 0));
  }

  @Test
  void readsTimesFromLinesAndFromJson() throws IOException {
    List<MeasuredPrefill> expected =
        List.of(new MeasuredPrefill(8192, 0, 0.5), new MeasuredPrefill(4096, 32_768, 0.75));
    Path csv = folder.resolve("times.csv");
    Files.writeString(csv, "new,reused,seconds\n8192,0,0.5\n\n4096, 32768, 0.75\n");
    assertEquals(expected, MeasuredPrefills.read(csv));
    Path json = folder.resolve("times.json");
    Files.writeString(
        json,
        """
        [{"new_tokens": 8192, "reused_tokens": 0, "seconds": 0.5},
         {"new_tokens": 4096, "reused_tokens": 32768, "seconds": 0.75}]
        """);
    assertEquals(expected, MeasuredPrefills.read(json));
    Files.writeString(csv, "8192,0,0.5\n4096,many,1\n");
    assertRefused(csv + ", line 2: \"4096,many,1\"", () -> MeasuredPrefills.read(csv));
    Files.writeString(csv, "8192,0\n");
    assertRefused("has 2 fields", () -> MeasuredPrefills.read(csv));
    Files.writeString(csv, "heading\n");
    assertRefused("holds no prefill", () -> MeasuredPrefills.read(csv));
    Files.writeString(json, "[{\"new_tokens\": 8192, \"reused_tokens\": 0, \"seconds\": -1}]");
    assertRefused(json + ", line 1: 8192 new tokens", () -> MeasuredPrefills.read(json));
  }
}
