package io.kvcache.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvcache.bench.io.RunWatch;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelledSectionsTest {
  @TempDir Path folder;

  private ReportContext quick(RunWatch watch) {
    return new ReportContext(folder, true, watch);
  }

  @Test
  void theModelsStandNextToWhatWasPublishedWithTheirSources() throws Exception {
    SectionResult result = new ModelsSection().run(quick(RunWatch.NONE));
    assertEquals(6, result.json().get("runs").size());
    assertEquals(782_000, result.json().get("dram_dollars").doubleValue());
    assertEquals(0.429, result.json().get("accelerator_saving").doubleValue(), 0.001);
    assertTrue(result.notes().stream().anyMatch(note -> note.contains("assumption: ")));
    for (Figure figure : result.figures()) {
      assertEquals(Kind.MODELLED, figure.kind());
    }
  }

  @Test
  void everyVariantOfAScenarioIsComparedWithItsFirstAndTheAssumptionsAreThere() throws Exception {
    SectionResult result = new SimulateSection().run(quick(RunWatch.NONE));
    JsonNode runs = result.json().get("runs");
    assertEquals(3, runs.size());
    assertEquals(1, runs.get(0).get("ratios").get("ttft_mean").doubleValue());
    assertTrue(runs.get(1).get("ratios").get("ttft_mean").doubleValue() < 1, runs::toString);
    assertTrue(result.notes().stream().anyMatch(note -> note.contains("not in the guide")));
    assertEquals(3, result.figures().get(0).table().rows().size());
  }

  @Test
  void aSimulationThatEndsEarlyKeepsTheVariantsThatRanAndNoOthers() throws Exception {
    SimulateSection section = new SimulateSection();
    assertThrows(CancellationException.class, () -> section.run(quick(steps -> false)));
    assertEquals(
        1, section.run(quick(steps -> steps <= 300)).json().get("runs").size(), "of 300 requests");
  }
}
