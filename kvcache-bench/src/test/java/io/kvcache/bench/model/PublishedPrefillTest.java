package io.kvcache.bench.model;

import static java.util.stream.Collectors.groupingBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PublishedPrefillTest {
  private final Catalogue<ModelShape> models = Catalogue.models();
  private final Catalogue<Accelerator> accelerators = Catalogue.accelerators();

  @Test
  void oneEfficiencyPerAcceleratorAndPrecisionServesEveryPublishedRow() {
    List<PrefillResidual> rows = PrefillResidual.all(models, accelerators);
    assertEquals(6, rows.size());
    for (PrefillResidual row : rows) {
      System.out.println(row);
      double bound = row.row().width() == 1 ? 0.15 : 0.25;
      assertTrue(Math.abs(row.relative()) < bound, row::toString);
    }
  }

  @Test
  void theShippedEfficienciesAreWhatTheLeastSquaresGiveAndNothingElse() {
    Map<String, List<PublishedPrefill>> byPair =
        PublishedPrefill.all().stream().collect(groupingBy(r -> r.accelerator() + r.precision()));
    assertEquals(3, byPair.size());
    byPair.forEach(
        (pair, rows) -> {
          List<Calibration.Observation> seen = rows.stream().map(this::observation).toList();
          PublishedPrefill any = rows.get(0);
          double shipped =
              any.deployment(models, accelerators)
                  .accelerator()
                  .efficiency()
                  .get(any.precision())
                  .value();
          System.out.println(pair + " needs " + Calibration.efficiency(seen));
          assertEquals(Calibration.efficiency(seen), shipped, 0.005, pair);
        });
  }

  @Test
  void withoutTheSumsBetweenThirtyTwoAcceleratorsNoOneEfficiencyWouldServeTheirRows() {
    List<Double> needed =
        PublishedPrefill.all().stream()
            .filter(row -> row.width() == 32)
            .map(this::observation)
            .map(seen -> seen.ideal() / seen.seconds())
            .sorted()
            .toList();
    System.out.println("efficiencies of P4 to P6, nothing taken off: " + needed);
    double least = needed.get(0);
    double most = needed.get(needed.size() - 1);
    double best = (least + most) / 2;
    assertTrue(most / best - 1 > 0.25, "best of all is off by " + (most / best - 1));
  }

  private Calibration.Observation observation(PublishedPrefill row) {
    return Calibration.Observation.of(
        row.deployment(models, accelerators),
        new MeasuredPrefill(row.newTokens(), 0, row.seconds()));
  }
}
