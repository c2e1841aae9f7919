package io.kvcache.bench.cli;

import io.kvcache.bench.model.Accelerator;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.model.ModelShape;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where models and accelerators are looked up; mixed into commands that model prefills. */
final class CatalogueOptions {
  @Option(
      names = "--models",
      paramLabel = "FILE",
      description = "Models instead of those that come with the jar.")
  private Path models;

  @Option(
      names = "--accelerators",
      paramLabel = "FILE",
      description = "Accelerators instead of those that come with the jar.")
  private Path accelerators;

  Catalogue<ModelShape> models() {
    return models == null
        ? Catalogue.models()
        : InputFile.read("--models", models, Catalogue::models);
  }

  Catalogue<Accelerator> accelerators() {
    return accelerators == null
        ? Catalogue.accelerators()
        : InputFile.read("--accelerators", accelerators, Catalogue::accelerators);
  }
}
