package io.kvcache.bench.cli;

import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.Precision;
import io.kvcache.bench.model.Sourced;
import java.util.Arrays;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A model on accelerators; mixed into commands that model its prefills. */
final class DeploymentOptions {
  @Mixin private CatalogueOptions catalogues;

  @Option(
      names = "--model",
      defaultValue = "llama-3.3-70b",
      paramLabel = "M",
      description = "Default ${DEFAULT-VALUE}.")
  private String model;

  @Option(
      names = "--accelerator",
      defaultValue = "h100",
      paramLabel = "A",
      description = "Default ${DEFAULT-VALUE}.")
  private String accelerator;

  @Option(
      names = "--precision",
      defaultValue = "bf16",
      paramLabel = "bf16|fp8",
      description = "Of weights and products; default ${DEFAULT-VALUE}.")
  private String precision;

  @Option(
      names = "--width",
      defaultValue = "8",
      paramLabel = "W",
      description = "Accelerators of one instance; default ${DEFAULT-VALUE}.")
  private int width;

  @Option(
      names = "--efficiency",
      paramLabel = "E",
      description =
          "Share of the peak that a prefill reaches, such as prefill --measured finds it, instead"
              + " of the accelerators' own.")
  private Double efficiency;

  CatalogueOptions catalogues() {
    return catalogues;
  }

  /**
   * What they name.
   *
   * @throws IllegalArgumentException if there is no such thing
   */
  Deployment deployment() {
    Deployment named =
        new Deployment(
            catalogues.models().named(model),
            catalogues.accelerators().named(accelerator),
            precision(),
            width);
    requireRoom(named);
    if (efficiency == null) {
      return named;
    }
    if (!(efficiency > 0 && efficiency <= 1)) {
      throw new IllegalArgumentException(
          "--efficiency " + efficiency + ": a share of the peak, above 0 and at most 1");
    }
    return named.withEfficiency(new Sourced(efficiency, "--efficiency"));
  }

  /** Times of what cannot run would be no times. */
  private void requireRoom(Deployment named) {
    double weights = named.model().weightBytes(named.precision());
    double room = named.accelerator().hbmBytes().value();
    if (weights > room * width) {
      throw new IllegalArgumentException(
          String.format(
              "%s has %,.0f GB of weights in %s, and %d x %s %,.0f GB: --width %.0f at least%s",
              model,
              weights / 1e9,
              named.precision(),
              width,
              accelerator,
              room * width / 1e9,
              Math.ceil(weights / room),
              named.precision() == Precision.BF16 ? ", or --precision fp8" : ""));
    }
  }

  private Precision precision() {
    return Arrays.stream(Precision.values())
        .filter(each -> each.name().equalsIgnoreCase(precision))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("--precision " + precision + ": bf16 or fp8"));
  }
}
