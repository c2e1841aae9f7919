package io.kvcache.bench.model;

import io.kvcache.bench.json.StrictJson;
import java.util.List;

/**
 * A prefill time that somebody published: one request, nothing reused.
 *
 * @param id number of the row
 * @param model name of the model
 * @param accelerator name of the accelerator
 * @param precision of weights and products
 * @param width accelerators
 * @param newTokens tokens of the prompt
 * @param seconds until the first token
 * @param source who published it
 */
public record PublishedPrefill(
    String id,
    String model,
    String accelerator,
    Precision precision,
    int width,
    long newTokens,
    double seconds,
    String source) {
  /** The rows that come with the jar. */
  public static List<PublishedPrefill> all() {
    return StrictJson.resourceList(
        Catalogue.class, "published-prefills.json", PublishedPrefill.class);
  }

  /** What it was measured on, with the constants of these catalogues. */
  public Deployment deployment(Catalogue<ModelShape> models, Catalogue<Accelerator> accelerators) {
    return new Deployment(models.named(model), accelerators.named(accelerator), precision, width);
  }
}
