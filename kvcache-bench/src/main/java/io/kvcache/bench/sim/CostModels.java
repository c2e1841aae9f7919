package io.kvcache.bench.sim;

import io.kvcache.bench.model.Accelerator;
import io.kvcache.bench.model.Attention;
import io.kvcache.bench.model.Batching;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.model.DecodeCostModel;
import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.LinearAttention;
import io.kvcache.bench.model.ModelShape;
import io.kvcache.bench.model.Precision;
import io.kvcache.bench.model.PrefillCostModel;
import io.kvcache.bench.model.WindowAttention;
import java.util.Arrays;

/**
 * Finds what a scenario's model costs on its accelerators.
 *
 * @param models to look its model up in
 * @param accelerators to look its accelerator up in
 */
public record CostModels(Catalogue<ModelShape> models, Catalogue<Accelerator> accelerators) {
  /** Those that come with the program. */
  public static CostModels shipped() {
    return new CostModels(Catalogue.models(), Catalogue.accelerators());
  }

  /**
   * The cost on one node.
   *
   * @throws IllegalArgumentException if the scenario names none, or two, or a model whose layers
   *     are not all of one kind
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
    refuseHybrid(model);
    double held = model.heldBytes(1, scenario.acceleratorsPerNode());
    double stored = model.bytesPerToken();
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

  /** Chunks are counted as one size each, and every one is a place to go on from. */
  private static void refuseHybrid(ModelShape model) {
    for (int layer = 0; layer < model.layers(); layer++) {
      Attention attention = model.attentionOf(layer);
      if (attention instanceof WindowAttention || attention instanceof LinearAttention) {
        throw new IllegalArgumentException(
            "model "
                + model.name()
                + " has layers that keep a window or a state: only models are simulated that keep"
                + " keys and values of every token in every layer");
      }
    }
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
