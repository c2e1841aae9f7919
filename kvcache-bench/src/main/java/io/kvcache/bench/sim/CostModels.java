package io.kvcache.bench.sim;

import io.kvcache.bench.model.Accelerator;
import io.kvcache.bench.model.Batching;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.model.DecodeCostModel;
import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.ModelShape;
import io.kvcache.bench.model.Precision;
import io.kvcache.bench.model.PrefillCostModel;
import java.util.Arrays;

/**
 * Finds what a scenario's model costs on its accelerators.
 *
 * @param models to look its model up in
 * @param accelerators to look its accelerator up in
 */
public record CostModels(Catalogue<ModelShape> models, Catalogue<Accelerator> accelerators) {
  /** Long enough that windows and states do not count, as prompts worth caching are. */
  private static final long LONG_CONTEXT = 50_000;

  /** Those that come with the program. */
  public static CostModels shipped() {
    return new CostModels(Catalogue.models(), Catalogue.accelerators());
  }

  /**
   * The cost on one node.
   *
   * @throws IllegalArgumentException if the scenario names none, or two
   */
  public ServingCost of(Scenario scenario) {
    boolean named =
        scenario.model() != null || scenario.accelerator() != null || scenario.precision() != null;
    if (scenario.cost() != null) {
      if (named) {
        throw new IllegalArgumentException(
            "cost is given, and model, accelerator or precision too: one or the other");
      }
      return scenario.cost().cost();
    }
    ModelShape model = models.named(Checks.given("model", scenario.model()));
    Accelerator accelerator =
        accelerators.named(Checks.given("accelerator", scenario.accelerator()));
    Deployment deployment =
        new Deployment(model, accelerator, precision(scenario), scenario.acceleratorsPerNode());
    double held = model.heldBytes(LONG_CONTEXT, scenario.acceleratorsPerNode());
    double stored = (double) model.bytesPerToken() * LONG_CONTEXT;
    // Where every accelerator holds the whole latents, the node has room for one copy of eight.
    double copies = stored / held;
    return new ServingCost(
        new PrefillCostModel(deployment, scenario.overheadSeconds()),
        new DecodeCostModel(deployment),
        model.bytesPerToken(),
        new Batching(deployment).freeBytes() * copies,
        accelerator.hostBandwidth().value() * copies,
        deployment.title());
  }

  private static Precision precision(Scenario scenario) {
    String name = scenario.precision() == null ? Precision.BF16.name() : scenario.precision();
    for (Precision precision : Precision.values()) {
      if (precision.name().equalsIgnoreCase(name)) {
        return precision;
      }
    }
    throw new IllegalArgumentException(
        "precision is " + name + ": one of " + Arrays.toString(Precision.values()));
  }
}
