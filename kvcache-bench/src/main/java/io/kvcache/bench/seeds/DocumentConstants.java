package io.kvcache.bench.seeds;

import io.kvcache.bench.sim.Scenario;
import io.kvcache.bench.sim.ScenarioFile;
import java.io.IOException;
import java.util.List;

/**
 * The set of constants that all rows of a document share.
 *
 * @param document short name
 * @param source which text
 * @param scenario name of what is simulated; null if nothing is
 * @param simulated the same with host memory and a filesystem; null likewise
 * @param model of what is modelled; null if nothing is
 * @param accelerator on which
 * @param precision of weights and products
 * @param width accelerators of an instance
 * @param machine whose price is taken; null if none
 * @param constants everything else
 */
public record DocumentConstants(
    String document,
    String source,
    String scenario,
    Scenario simulated,
    String model,
    String accelerator,
    String precision,
    Integer width,
    String machine,
    List<Constant> constants) {
  static DocumentConstants of(SourceDocument document) throws IOException {
    Scenario simulated = null;
    if (document.scenario() != null) {
      List<ScenarioFile.Variant> variants = ScenarioFile.open(document.scenario()).variants();
      simulated =
          variants.stream()
              .filter(v -> v.name().equals("dram+filesystem"))
              .findFirst()
              .orElseThrow()
              .scenario();
    }
    return new DocumentConstants(
        document.document(),
        document.source(),
        document.scenario(),
        simulated,
        document.model(),
        document.accelerator(),
        document.precision() == null ? null : document.precision().toString(),
        document.width() == 0 ? null : document.width(),
        document.machine(),
        document.constants());
  }
}
