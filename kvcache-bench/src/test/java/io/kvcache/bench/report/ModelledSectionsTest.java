package io.kvcache.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvcache.bench.chart.LineChart;
import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.seeds.Seeds;
import io.kvcache.bench.sim.Scenario;
import io.kvcache.bench.sim.ScenarioFile;
import io.kvcache.bench.sim.SimResult;
import io.kvcache.bench.tco.Prices;
import io.kvcache.bench.tco.TcoModel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelledSectionsTest {
  @TempDir Path folder;

  private ReportContext quick(RunWatch watch) {
    return new ReportContext(folder, true, (phase, total) -> watch);
  }

  private ReportContext stoppedInTheSecondPhase() {
    int[] phases = new int[1];
    return new ReportContext(
        folder,
        true,
        (phase, total) -> {
          boolean goOn = ++phases[0] < 2;
          return done -> goOn;
        });
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
    assertEquals(
        List.of("", "dram", "dram+filesystem", "no cache"),
        result.figures().get(0).table().columns());
  }

  @Test
  void aSimulationThatEndsEarlyKeepsTheVariantsThatRanAndNoOthers() throws Exception {
    SimulateSection section = new SimulateSection();
    assertThrows(CancellationException.class, () -> section.run(quick(steps -> false)));
    assertEquals(
        1, section.run(stoppedInTheSecondPhase()).json().get("runs").size(), "one variant");
  }

  @Test
  void aSimulationThatAnotherSectionRanIsNotRunAgain() throws Exception {
    ReportContext context = quick(RunWatch.NONE);
    new SimulateSection().run(context);
    assertEquals(3, context.simulated().size());
    Map<Scenario, SimResult> known = new HashMap<>();
    for (ScenarioFile.Variant variant : ScenarioFile.open("s0-deepseek-r1").variants()) {
      known.put(variant.scenario(), context.simulated().values().iterator().next());
    }
    Seeds.Found found =
        new Seeds(
                Catalogue.models(),
                Catalogue.accelerators(),
                new TcoModel(Prices.shipped()),
                ReportContext.SEED,
                Optional.empty(),
                0,
                known,
                (phase, total) -> {
                  throw new AssertionError(phase + " is run again");
                })
            .rows(id -> id.equals("S0.4"));
    assertTrue(found.complete());
    assertTrue(found.rows().stream().anyMatch(row -> row.kind().equals("simulated")));
  }

  @Test
  void publishedFiguresStandBesideOursByKindWithTwoChartsOfFiveCurves() throws Exception {
    SectionResult result = new SeedsSection().run(quick(RunWatch.NONE));
    assertEquals(13, result.json().get("rows").size());
    List<LineChart> charts =
        result.figures().stream().flatMap(figure -> figure.chart().stream()).toList();
    assertEquals(2, charts.size());
    for (LineChart chart : charts) {
      assertEquals(
          List.of("no reuse", "average", "filesystem", "DRAM", "lower bound"),
          chart.lines().stream().map(LineChart.Line::name).toList());
    }
    Figure rows = result.figures().get(0);
    assertEquals(Kind.MODELLED, rows.kind());
    assertEquals(13, rows.table().rows().size());
    for (List<String> row : rows.table().rows()) {
      boolean explained =
          result.notes().stream().anyMatch(note -> note.startsWith("Not reached: " + row.get(0)));
      assertEquals(row.get(6).equals("no"), explained, row::toString);
    }
    List<String> constants =
        result.figures().stream()
            .map(Figure::caption)
            .filter(caption -> caption.startsWith("Constants of "))
            .toList();
    assertEquals(4, constants.size(), constants::toString);
  }
}
