package io.kvcache.bench.seeds;

import io.kvcache.bench.model.Accelerator;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.ModelShape;
import io.kvcache.bench.model.Precision;
import io.kvcache.bench.model.Sourced;
import io.kvcache.bench.sim.Scenario;
import io.kvcache.bench.sim.ScenarioFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

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
 * @param constants everything else, and the efficiencies that prefills are modelled with
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
  /**
   * @param published what the document's published prefills were timed on
   */
  static DocumentConstants of(
      SourceDocument document,
      List<Deployment> published,
      Catalogue<ModelShape> models,
      Catalogue<Accelerator> accelerators)
      throws IOException {
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
    List<Deployment> deployments = new ArrayList<>(published);
    if (document.model() != null) {
      deployments.add(document.deployment(models, accelerators));
    } else if (simulated != null && simulated.model() != null) {
      deployments.add(
          new Deployment(
              models.named(simulated.model()),
              accelerators.named(simulated.accelerator()),
              precision(simulated),
              simulated.acceleratorsPerNode()));
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
        with(document.constants(), deployments));
  }

  private static Precision precision(Scenario scenario) {
    return scenario.precision() == null
        ? Precision.BF16
        : Precision.valueOf(scenario.precision().toUpperCase(Locale.ROOT));
  }

  /** They are not the document's own: most are fitted to the published prefills. */
  private static List<Constant> with(List<Constant> constants, List<Deployment> deployments) {
    Set<Constant> all = new LinkedHashSet<>(constants);
    for (Deployment deployment : deployments) {
      for (Precision each : deployment.precisions()) {
        Sourced share = deployment.accelerator().efficiency().get(each);
        all.add(
            new Constant(
                "efficiency of " + deployment.accelerator().name() + " " + each,
                share.value(),
                "of the peak",
                share.source()));
      }
    }
    return List.copyOf(all);
  }
}
